import type { Retry, RetryBudget } from './edges.ts';
import type { Edge, Topology } from './model.ts';
import type { TopologyProblem } from './problem.ts';

/** More than this is no retry policy but a load test: 10 retries are 11 times the load. */
const ATTEMPTS_MAX = 10;

/**
 * Envoy retries a try that ran into its perTryTimeout only under these conditions (Envoy, `RetryStateImpl`:
 * a local reset counts as `reset`, `5xx` or `gateway-error`, never as a gRPC status).
 */
const RETRY_ON_PER_TRY_TIMEOUT = ['5xx', 'gateway-error', 'reset'];

/** Retry numbers that cannot work, and budgets that contradict each other. */
export function checkRetries(topology: Topology): TopologyProblem[] {
  return [
    ...topology.edges.flatMap((edge) =>
      edge.retry === undefined ? [] : retryProblems(topology, edge, edge.retry),
    ),
    ...topology.edges.flatMap((edge) =>
      edge.budget === undefined ? [] : budgetProblems(edge, edge.budget),
    ),
    ...topology.services.flatMap((service) => budgetConflicts(topology, service.name)),
  ];
}

function retryProblems(topology: Topology, edge: Edge, retry: Retry): TopologyProblem[] {
  const { attempts, perTryTimeoutMs } = retry;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > ATTEMPTS_MAX) {
    return [
      {
        message: `${edge.id}: attempts ${attempts} is not in 1..${ATTEMPTS_MAX}`,
        next: 'Leave `retry` out for no retries; more than a few only multiply the load.',
      },
    ];
  }
  if (!isIdempotent(topology, edge.operation)) {
    return [
      {
        message: `${edge.id}: retried ${attempts} times, but ${edge.operation} is declared idempotent: false`,
        next: `Remove the retry, or make ${edge.operation} idempotent and declare it so.`,
      },
    ];
  }
  return [...timingProblems(edge, perTryTimeoutMs, attempts), ...conditionProblems(edge, retry)];
}

function timingProblems(edge: Edge, perTryTimeoutMs: number, attempts: number): TopologyProblem[] {
  const deadlineMs = edge.deadlineMs;
  if (deadlineMs === 'none') {
    return [
      {
        message: `${edge.id}: retried ${attempts} times with no deadline (deadlineMs 'none')`,
        next: 'Give the edge a deadline, or remove the retry.',
      },
    ];
  }
  if (perTryTimeoutMs >= deadlineMs) {
    return [
      {
        message: `${edge.id}: perTryTimeoutMs ${perTryTimeoutMs} is not shorter than deadlineMs ${deadlineMs}, so no retry could follow a slow try`,
        next: `Set perTryTimeoutMs to at most ${Math.floor(deadlineMs / (attempts + 1))}.`,
      },
    ];
  }
  const neededMs = (attempts + 1) * perTryTimeoutMs;
  if (neededMs <= deadlineMs) return [];
  return [
    {
      message: `${edge.id}: ${attempts + 1} tries of ${perTryTimeoutMs} ms need ${neededMs} ms, deadlineMs is ${deadlineMs}`,
      next: `Set attempts to ${Math.floor(deadlineMs / perTryTimeoutMs) - 1}, perTryTimeoutMs to ${Math.floor(deadlineMs / (attempts + 1))}, or deadlineMs to ${neededMs}.`,
    },
  ];
}

function conditionProblems(edge: Edge, retry: Retry): TopologyProblem[] {
  if (retry.on.some((condition) => RETRY_ON_PER_TRY_TIMEOUT.includes(condition))) return [];
  return [
    {
      message: `${edge.id}: perTryTimeoutMs ${retry.perTryTimeoutMs} ends a try, but on [${retry.on.join(', ')}] does not retry it then`,
      next: `Add one of ${RETRY_ON_PER_TRY_TIMEOUT.join(', ')} to \`on\`.`,
    },
  ];
}

function budgetProblems(edge: Edge, budget: RetryBudget): TopologyProblem[] {
  const { percent, minRetryConcurrency } = budget;
  if (
    percent > 0 &&
    percent <= 100 &&
    Number.isInteger(minRetryConcurrency) &&
    minRetryConcurrency > 0
  )
    return [];
  return [
    {
      message: `${edge.id}: a budget of percent ${percent} and minRetryConcurrency ${minRetryConcurrency} is out of range`,
      next: 'Set percent to 0..100 (0 excluded) and minRetryConcurrency to a whole number above 0.',
    },
  ];
}

/** Envoy keeps one budget a cluster, and a DestinationRule is one for all callers: edges of one callee must agree. */
function budgetConflicts(topology: Topology, service: string): TopologyProblem[] {
  const edges = topology.edges.filter((edge) => edge.service === service && edge.budget);
  const [first] = edges;
  return edges
    .filter((edge) => showBudget(edge) !== showBudget(first))
    .map((edge) => ({
      message: `${edge.id} has a budget of ${showBudget(edge)}, ${first?.id} one of ${showBudget(first)}; ${service} has one DestinationRule for both`,
      next: 'Give all retried edges of one service the same budget.',
    }));
}

function showBudget(edge: Edge | undefined): string {
  return `${edge?.budget?.percent} % with at least ${edge?.budget?.minRetryConcurrency}`;
}

function isIdempotent(topology: Topology, operationId: string): boolean {
  return topology.services
    .flatMap((service) => service.operations)
    .some((operation) => operation.id === operationId && operation.idempotent);
}
