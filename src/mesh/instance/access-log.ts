import { open } from 'node:fs/promises';
import type { AccessLogEntry } from '../control/control.ts';

const maxBytesARead = 256 * 1024 * 1024;

/**
 * Reads the whole lines of an access log from byte `mark` on, up to byte `to`; the new mark is where the next call goes on.
 * A mark beyond the end means the end: nothing is read, and what comes later is new.
 * A file that is not there is empty; more than 256 MB are read in several calls.
 */
export async function readAccessLog(
  file: string,
  mark: number,
  to = Number.MAX_SAFE_INTEGER,
): Promise<{ entries: AccessLogEntry[]; mark: number }> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return { entries: [], mark: 0 };
  try {
    const size = Math.min((await handle.stat()).size, to);
    const from = Math.min(mark, size);
    const length = Math.min(size - from, maxBytesARead);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, from);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    const lines = buffer.toString('utf8', 0, end).split('\n');
    const entries = lines.flatMap((line) => {
      const entry = line === '' ? undefined : parseLine(line);
      return entry ? [entry] : [];
    });
    return { entries, mark: from + end };
  } finally {
    await handle.close();
  }
}

function numberOrNull(value: unknown): number | null {
  if (value === null || value === undefined || value === '' || value === '-') return null;
  const number = Number(value);
  return Number.isNaN(number) ? null : number;
}

/** One line of the log; undefined when it is no JSON object. Headers arrive as strings, so numbers in them are parsed here. */
function parseLine(line: string): AccessLogEntry | undefined {
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const textOrNull = (key: string): string | null => {
    const value = raw[key];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const direction = raw.direction as AccessLogEntry['direction'];
  return {
    time: String(raw.time),
    pod: String(raw.pod),
    workload: String(raw.workload),
    direction,
    requestId: textOrNull('requestId'),
    // version-traceid-parentid-flags (W3C Trace Context)
    traceId: textOrNull('traceId')?.split('-')[1] ?? null,
    method: textOrNull('method'),
    path: textOrNull('path'),
    authority: textOrNull('authority'),
    status: numberOrNull(raw.status) ?? 0,
    grpcStatus: numberOrNull(raw.grpcStatus),
    flags: textOrNull('flags') ?? '-',
    details: textOrNull('details'),
    attempts: numberOrNull(raw.attempts) ?? 0,
    // On the way out the header is this proxy's own count of its last attempt, not what it received.
    attemptHeader: direction === 'inbound' ? numberOrNull(raw.attemptHeader) : null,
    upstreamCluster: textOrNull('upstreamCluster'),
    upstreamHost: textOrNull('upstreamHost'),
    durationMs: numberOrNull(raw.durationMs) ?? 0,
    peer: textOrNull('peer'),
    transportFailure: textOrNull('transportFailure'),
  };
}
