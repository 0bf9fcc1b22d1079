import { destinationRuleFor } from '../istio/kit/destination-rule.ts';
import { virtualServiceFor } from '../istio/kit/virtual-service.ts';
import { type ShopService, topology } from '../services/topology.ts';
import { experimentsOn } from '../src/experiment/experiments-on.ts';
import { combine } from '../src/experiment/language.ts';

const shop = experimentsOn(topology);

/** Conditions that cover the injected failure. A failure of any other cause that they would retry, too, makes the cell invalid. */
const retryOn = { http: '5xx', grpc: 'unavailable' } as const;

/** Bounds that are out of reach: at the shop's own, a slow moment would refuse requests before the fault sees them. */
const roomyPool = {
  connectTimeoutMs: 5000,
  maxConnections: 2048,
  maxPendingRequests: 2048,
  maxRequests: 2048,
};

/**
 * T1: what is left of a failure after n retries, and what they cost.
 *
 * The policy of each edge is replaced by `attempts: n`, without what would bind before n does: the retry
 * budget (at 20 % of a quiet service's requests it would forbid most of these retries) and outlier detection
 * (injected failures look like a bad replica; ejecting it would make attempts depend on each other). Deadlines
 * and connection pools are widened so that neither ends a retry. Budget, ejection, pools and deadlines are rows of their own.
 */
export const retries = shop.experiment({
  name: 'retries',
  reference: 'T1',
  title: 'Residual error after n retries',
  hypothesis: {
    statement:
      'When each attempt fails with probability p, independently, n retries leave p^(n+1) of the requests failed and cost (1-p^(n+1))/(1-p) attempts a request.',
    source: 'geometric distribution truncated at n+1 attempts; catalogue row T1',
    assumptions: [
      'attempts fail independently: the fault is drawn anew for each, at every replica alike',
      'nothing else ends retries: no budget, no outlier detection, no deadline and no connection limit in reach',
    ],
  },
  edges: [
    shop.edge('storefront->users.get', { id: '123' }),
    // The same reservation each time: the callee gives its first answer again, and stock goes down once.
    shop.edge('orders->inventory.Reserve', { reservation_id: 'experiment-retries' }),
  ],
  factors: combine({ failureProbability: [0.2, 0.5], retries: [0, 1, 2, 3] }),
  calm: { failureProbability: 0, retries: 0 },
  policy: (edge, factors) => {
    const service = edge.service as ShopService;
    const retry = {
      attempts: factors.retries,
      perTryTimeoutMs: 20_000,
      on: [retryOn[edge.protocol]] as const,
    };
    return [
      virtualServiceFor(topology, service, {
        [edge.id]: { retry: factors.retries === 0 ? 'none' : retry, deadlineMs: 25_000 },
      }),
      destinationRuleFor(
        topology,
        service,
        { connectionPool: roomyPool },
        { retryBudget: 'none', outlierDetection: 'none' },
      ),
    ];
  },
  fault: (edge, { failureProbability }) =>
    failureProbability === 0
      ? null
      : {
          type: 'inbound-abort',
          service: edge.service,
          namespace: edge.namespace,
          probability: failureProbability,
          // 14 is UNAVAILABLE, what a gRPC caller sees of a 503.
          answer: edge.protocol === 'http' ? { httpStatus: 503 } : { grpcStatus: 14 },
        },
  load: {
    arrivals: { kind: 'poisson', ratePerSecond: 300 },
    timeoutMs: 30_000,
    maxOutstanding: 1024,
  },
  metrics: [
    {
      kind: 'mean',
      name: 'residual error',
      label: 'error',
      unit: 'share',
      formula: 'p^(n+1)',
      predict: ({ failureProbability: p, retries: n }) => p ** (n + 1),
      range: () => ({ low: 0, high: 1 }),
      observe: ({ failures, requests }) => failures / requests,
      margin: 0.02,
    },
    {
      kind: 'mean',
      name: 'load on the callee',
      label: 'load',
      unit: 'attempts per request',
      formula: '(1-p^(n+1))/(1-p)',
      predict: ({ failureProbability: p, retries: n }) => (1 - p ** (n + 1)) / (1 - p),
      range: ({ retries: n }) => ({ low: 1, high: n + 1 }),
      observe: ({ callee, requests }) => callee.attempts / requests,
      margin: 0.1,
    },
    {
      kind: 'maximum',
      name: 'attempts of one request',
      label: 'most',
      unit: 'attempts',
      formula: 'n+1',
      predict: ({ retries: n }) => n + 1,
      reachProbability: ({ failureProbability: p, retries: n }) => p ** n,
      observe: ({ callee }) => callee.byNumber.length,
    },
  ],
  statistics: {
    shownConfidence: 0.95,
    familyAlpha: 0.001,
    minimumRequests: 600,
    maximumRequests: 20_000,
  },
  phases: { baselineRequests: 300, gateRequests: 100, recoveryRequests: 300 },
  // The hypothesis counts requests and attempts; how late they were sent changes neither.
  lagGate: { p99Ms: 10, beyond: 'latency-only' },
  guards: [
    // Another caller of the faulted service, and another callee of a caller under test: both must notice nothing.
    { edge: shop.edge('orders->users.get', { id: '124' }), everyMs: 250, failures: 3 },
    { edge: shop.edge('storefront->orders.get', { id: 'guard' }), everyMs: 250, failures: 3 },
  ],
  success:
    'in every cell, error and load are within chance of the prediction, and the greatest number of attempts is exactly n+1',
});
