import { describe, expect, test } from 'vitest';
import { retries } from '../../experiments/retries.ts';
import { topology } from '../../services/topology.ts';
import { experimentsOn } from './experiments-on.ts';
import type { Fault } from './faults/fault.ts';
import { cellsOf, type Experiment, type Factors } from './language.ts';
import type { ResourceBody } from './resource.ts';
import { checkExperiment } from './preflight.ts';
import { requestsOf } from './sizing.ts';

type RouteChange = (route: Record<string, unknown>) => Record<string, unknown>;

const known = ({ failureProbability = 0, retries: n = 0 }: Factors) => ({
  failureProbability,
  retries: n,
});

/** T1 with every route of its VirtualServices changed. */
const withRoutes = (change: RouteChange): Experiment => ({
  ...retries,
  policy: (edge, factors) =>
    retries.policy(edge, known(factors)).map((body): ResourceBody => {
      if (body.kind !== 'VirtualService') return body;
      const spec = body.spec as { http: Record<string, unknown>[] };
      return { ...body, spec: { ...spec, http: spec.http.map(change) } };
    }),
});

const withTrafficPolicy = (part: object): Experiment => ({
  ...retries,
  policy: (edge, factors) =>
    retries.policy(edge, known(factors)).map((body): ResourceBody => {
      if (body.kind !== 'DestinationRule') return body;
      const spec = body.spec as { trafficPolicy: object };
      return { ...body, spec: { ...spec, trafficPolicy: { ...spec.trafficPolicy, ...part } } };
    }),
});

const withFault = (change: (fault: Fault) => Fault): Experiment => ({
  ...retries,
  fault: (edge, factors) => {
    const fault = retries.fault(edge, known(factors));
    return fault === null ? null : change(fault);
  },
});

describe('an experiment is refused before anything runs', () => {
  test.each<[string, Experiment, RegExp]>([
    [
      'a VirtualService fault on a route with retries',
      withRoutes((route) => ({
        ...route,
        fault: { abort: { httpStatus: 503, percentage: { value: 50 } } },
        retries: { attempts: 2, retryOn: '5xx,unavailable' },
      })),
      /VirtualService fault and retries.*before its router, so no retry ever sees it/,
    ],
    [
      'a VirtualService fault on a route that leaves retries to the default',
      withRoutes((route) => ({ ...route, retries: undefined, fault: { abort: {} } })),
      /VirtualService fault and retries \(attempts 2\)/,
    ],
    [
      'a route that says nothing of retries',
      withRoutes((route) => ({ ...route, retries: undefined })),
      /says nothing of retries: Istio then makes 2/,
    ],
    [
      'a condition that does not cover the fault',
      withRoutes((route) => ({ ...route, retries: { attempts: 2, retryOn: 'connect-failure' } })),
      /retries on 'connect-failure', which does not cover/,
    ],
    ['a retry budget', withTrafficPolicy({ retryBudget: { percent: 20 } }), /has a retryBudget/],
    ['outlier detection', withTrafficPolicy({ outlierDetection: {} }), /has outlierDetection/],
    [
      'a gRPC status on a REST edge',
      withFault((fault) => ({ ...fault, answer: { grpcStatus: 14 } })),
      /Envoy sends it as HTTP 200/,
    ],
    [
      'an HTTP status on a gRPC edge',
      withFault((fault) => ({ ...fault, answer: { httpStatus: 503 } })),
      /an HTTP status as answer to gRPC calls/,
    ],
    [
      'a certain failure',
      withFault((fault) => ({ ...fault, probability: 1 })),
      /a failure probability of 1/,
    ],
    [
      'a fault at another service',
      withFault((fault) => ({ ...fault, service: 'payments' })),
      /the fault is at payments, the edge ends at users/,
    ],
    [
      'two edges of one service, which would run at the same time',
      {
        ...retries,
        edges: [
          experimentsOn(topology).edge('storefront->users.get'),
          experimentsOn(topology).edge('orders->users.get'),
        ],
      },
      /two edges end at one service/,
    ],
    [
      'a guard that is under test',
      {
        ...retries,
        guards: [
          {
            edge: experimentsOn(topology).edge('storefront->users.get'),
            everyMs: 1,
            failures: 1,
          },
        ],
      },
      /a guard must be healthy/,
    ],
    ['no cell', { ...retries, factors: [] }, /there is no cell/],
    [
      'a margin that takes too many requests',
      { ...retries, statistics: { ...retries.statistics, maximumRequests: 2000 } },
      /takes 2401 requests, and a cell may have 2000/,
    ],
  ])('%s', (_, experiment, reason) => {
    expect(() => checkExperiment(experiment)).toThrow(reason);
  });

  test('an edge that is not idempotent, also when the compiler was bypassed', () => {
    const { edge } = experimentsOn(topology);
    expect(() => edge('orders->payments.Charge' as never)).toThrow(/not both unary and idempotent/);
    expect(() => edge('storefront->inventory.WatchStock' as never)).toThrow(/cannot be repeated/);
  });
});

test('T1 itself is fit to run, and its sizes follow from its margins', () => {
  expect(() => checkExperiment(retries)).not.toThrow();
  const sizes = cellsOf(retries).map((cell) => requestsOf(retries, cell));
  // p = 0.2: 1.96² 0.2 0.8/0.02² = 1537; then the floor; then ln(0.001/64)/ln(1 - 0.2³) to see a fourth attempt.
  // p = 0.5: 1.96² 0.5 0.5/0.02² = 2401, and so on; at n = 3 the margin of the load asks for most.
  expect(sizes.slice(0, 8)).toEqual([1537, 600, 600, 1378, 2401, 1801, 1051, 715]);
});
