/**
 * Why something failed, as a closed list: a caller may switch on it, a user may search for it.
 *
 * - `usage`: the command line is wrong
 * - `bad-manifest`: a manifest cannot be read, or is not what its schema says
 * - `unknown-reference`: a resource names something that is not there
 * - `unsupported`: a resource asks for something that is not translated
 * - `bad-topology`: the declared topology contradicts itself
 * - `bad-experiment`: an experiment cannot prove what it claims
 * - `stale-manifests`: `manifests/` differs from what synth writes
 * - `not-running` / `already-running`: the instance is not in the state the command needs
 * - `port-in-use`: a port that was asked for is taken
 * - `missing-tool`: a program that is needed is neither here nor to be fetched
 * - `download-failed`: a fetch failed, or its content has the wrong hash
 * - `io`: a file or folder cannot be read or written
 * - `start-failed`: a process did not become ready
 * - `rejected`: Envoy refused a configuration
 * - `call-failed`: a call through the mesh did not succeed
 * - `timeout`: a bounded wait ended
 * - `unreachable`: a cluster, or the Docker daemon, does not answer
 * - `not-ours`: what is there was made by someone else, and is left as it is
 * - `preflight`: this machine or cluster lacks what the command needs
 * - `internal`: a fault of Windtunnel itself
 */
export const errorCodes = [
  'usage',
  'bad-manifest',
  'unknown-reference',
  'unsupported',
  'bad-topology',
  'bad-experiment',
  'stale-manifests',
  'not-running',
  'already-running',
  'port-in-use',
  'missing-tool',
  'download-failed',
  'io',
  'start-failed',
  'rejected',
  'call-failed',
  'timeout',
  'unreachable',
  'not-ours',
  'preflight',
  'internal',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** What a {@link WindtunnelError} carries beside its message. */
export interface ErrorDetails {
  /** What the user should do next: one sentence, or a command. */
  next?: string;
  /** What caused it, kept for `--verbose`. */
  cause?: unknown;
}

/** What a system says when a file cannot be written: for the user to mend, whoever wrote it. */
const fileTroubles: Record<string, string> = {
  ENOSPC: 'make room on the disk, then try again',
  EDQUOT: 'the quota of the disk is used up: make room, then try again',
  EROFS: 'what is mounted there is read-only: make it writable',
  EACCES: 'check who owns it and its permissions',
  ENOTDIR: 'a part of the path is a file: move it away',
  EMFILE: 'raise the limit of open files (ulimit -n)',
};

/** The only error type that Windtunnel throws on purpose: a code, a message with the values, a next step. */
export class WindtunnelError extends Error {
  readonly code: ErrorCode;
  readonly next: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'WindtunnelError';
    this.code = code;
    this.next = details.next;
  }

  /** Turns anything thrown into a WindtunnelError, `io` for a file that cannot be written; one that is already is returned as it is. */
  static from(thrown: unknown, code: ErrorCode = 'internal'): WindtunnelError {
    if (thrown instanceof WindtunnelError) return thrown;
    const next = fileTroubles[(thrown as NodeJS.ErrnoException | null)?.code ?? ''];
    if (next !== undefined && code === 'internal') {
      return new WindtunnelError('io', (thrown as Error).message, { cause: thrown, next });
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new WindtunnelError(code, message, { cause: thrown });
  }
}
