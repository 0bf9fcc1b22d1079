import { WindtunnelError } from '../../errors.ts';

/**
 * What the API server answers when it refuses a request: as client-node's `ApiException`. Told by its shape, so that the
 * reaper does without that package, which takes 100 MB.
 */
export class ApiError extends Error {
  readonly code: number;
  readonly body: unknown;

  constructor(code: number, message: string, body: unknown) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.body = body;
  }
}

function isApiError(thrown: unknown): thrown is ApiError {
  return thrown instanceof Error && typeof (thrown as Partial<ApiError>).code === 'number';
}

/** The HTTP status that the API server answered with; undefined when it gave no answer. */
export function statusOf(thrown: unknown): number | undefined {
  return isApiError(thrown) ? thrown.code : undefined;
}

/** What the API server says of a request that failed: the message of its Status object. */
function messageOf(thrown: unknown): string {
  if (!isApiError(thrown)) return reasonOf(thrown);
  const { body } = thrown;
  try {
    const status = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: string };
    return status.message ?? `HTTP ${thrown.code}`;
  } catch {
    return `HTTP ${thrown.code}: ${String(body).slice(0, 300)}`;
  }
}

/** The innermost reason: undici says `fetch failed` and hides `connect ECONNREFUSED …` in its cause. */
function reasonOf(thrown: unknown): string {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return error instanceof Error ? error.message || error.name : String(error);
}

/**
 * Turns what a Kubernetes client threw into a WindtunnelError that says what was being done; one that is already stays.
 * No answer is `unreachable`, 401 and 403 `preflight`, 409 `not-ours`, a refusal of the object `rejected`.
 */
export function kubeError(thrown: unknown, doing: string): WindtunnelError {
  if (thrown instanceof WindtunnelError) return thrown;
  const status = statusOf(thrown);
  const message = `${doing}: ${messageOf(thrown)}`;
  if (status === undefined) {
    return new WindtunnelError('unreachable', message, {
      cause: thrown,
      next: 'Check that the cluster runs: kubectl get nodes',
    });
  }
  if (status === 401 || status === 403) {
    return new WindtunnelError('preflight', message, {
      cause: thrown,
      next: 'Use a kubeconfig whose user may do that.',
    });
  }
  if (status === 404) {
    return new WindtunnelError('unknown-reference', message, {
      cause: thrown,
      next: 'It is not there, or not any more: see what is (kubectl get pods -A), then run the command again.',
    });
  }
  if (status === 409) {
    return new WindtunnelError('not-ours', message, {
      cause: thrown,
      next: 'Another tool owns these fields: take its object away first, or use another namespace.',
    });
  }
  const next =
    status === 429 || status >= 500
      ? 'The API server, or a webhook of it, is not well: see what does not run (kubectl get pods -A), then try again.'
      : 'Correct what the API server names in the object, then run the command again.';
  return new WindtunnelError('rejected', message, { cause: thrown, next });
}
