import { WindtunnelError } from '../errors.ts';
import type { Fault } from './faults/fault.ts';
import type { EdgeUnderTest } from './edge-under-test.ts';
import { type Cell, cellsOf, type Experiment, type Factors } from './language.ts';
import type { ResourceBody } from './resource.ts';
import { requestsOf } from './sizing.ts';

/** A route of a VirtualService, as far as it is looked at here. */
interface Route {
  name?: string;
  fault?: unknown;
  retries?: { attempts?: number; retryOn?: string };
}

interface VirtualServiceSpec {
  http?: Route[];
}

interface TrafficPolicy {
  retryBudget?: unknown;
  outlierDetection?: unknown;
}
interface DestinationRuleSpec {
  trafficPolicy?: TrafficPolicy;
  subsets?: { trafficPolicy?: TrafficPolicy }[];
}

/**
 * What can be known before anything runs: throws `bad-experiment` with every reason why the experiment cannot
 * prove what it claims. Also throws when the sample that its margins ask for is too great ({@link requestsOf}).
 */
export function checkExperiment<F extends Factors>(experiment: Experiment<F>): void {
  const problems = cellsOf(experiment).flatMap((cell) =>
    cellProblems(experiment, cell).map((problem) => `${cell.edge.id}: ${problem}`),
  );
  const lanes = experiment.edges.map(({ service }) => service);
  if (new Set(lanes).size < lanes.length) {
    problems.push(
      `two edges end at one service (${lanes.join(', ')}): they run at the same time and would disturb each other`,
    );
  }
  for (const { edge } of experiment.guards) {
    if (experiment.edges.some(({ id }) => id === edge.id)) {
      problems.push(`${edge.id} is a guard and under test: a guard must be healthy`);
    }
  }
  if (experiment.factors.length === 0 || experiment.edges.length === 0) {
    problems.push('there is no cell: give an edge and a combination of factors');
  }
  const unique = [...new Set(problems)];
  if (unique.length > 0) {
    throw new WindtunnelError(
      'bad-experiment',
      `${experiment.name} cannot prove what it claims:\n${unique.map((problem) => `  - ${problem}`).join('\n')}`,
      { next: 'Change the experiment as each line says; nothing was run.' },
    );
  }
  for (const cell of cellsOf(experiment)) requestsOf(experiment, cell);
}

function routesIn(resources: ResourceBody[]): Route[] {
  return resources
    .filter(({ kind }) => kind === 'VirtualService')
    .flatMap(({ spec }) => {
      const { http = [] }: VirtualServiceSpec = spec ?? {};
      return http;
    });
}

function trafficPoliciesIn(resources: ResourceBody[]): TrafficPolicy[] {
  return resources
    .filter(({ kind }) => kind === 'DestinationRule')
    .flatMap(({ spec }) => {
      const { trafficPolicy, subsets = [] } = (spec ?? {}) as DestinationRuleSpec;
      return [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)];
    })
    .filter((policy) => policy !== undefined);
}

// Conditions of Envoy's retry policy under which an answer of that kind is retried.
function coveringConditions(answer: Fault['answer']): string[] {
  if ('grpcStatus' in answer) {
    const names: Record<number, string> = {
      1: 'cancelled',
      4: 'deadline-exceeded',
      8: 'resource-exhausted',
      13: 'internal',
      14: 'unavailable',
    };
    const name = names[answer.grpcStatus];
    return name === undefined ? [] : [name];
  }
  const { httpStatus } = answer;
  const gateway = httpStatus >= 502 && httpStatus <= 504 ? ['gateway-error'] : [];
  const server = httpStatus >= 500 ? ['5xx'] : [];
  return [...server, ...gateway, String(httpStatus)];
}

/**
 * Why a VirtualService's fault makes a test of retries meaningless: both act in the caller's sidecar, and the fault
 * filter answers before the router, which is what retries.
 */
function routeProblems(routes: Route[]): string[] {
  return routes.flatMap((route) => {
    const name = route.name ?? 'without a name';
    // Left out, `retries` is not none: it is Istio's default of 2.
    const attempts = route.retries?.attempts ?? 2;
    if (route.fault !== undefined && attempts > 0) {
      return [
        `route '${name}' has a VirtualService fault and retries (attempts ${attempts}): the fault answers in the caller's sidecar before its router, so no retry ever sees it; inject it at the callee's inbound side`,
      ];
    }
    if (route.retries === undefined) {
      return [
        `route '${name}' says nothing of retries: Istio then makes 2; write attempts: 0 for none`,
      ];
    }
    return [];
  });
}

function bindingProblems(resources: ResourceBody[]): string[] {
  return trafficPoliciesIn(resources).flatMap((policy) => [
    ...(policy.retryBudget === undefined
      ? []
      : [
          'a DestinationRule has a retryBudget: it forbids retries that the formula counts on; leave it out here',
        ]),
    ...(policy.outlierDetection === undefined
      ? []
      : [
          'a DestinationRule has outlierDetection: injected failures would eject replicas, and attempts would no longer fail independently; leave it out here',
        ]),
  ]);
}

function faultProblems(edge: EdgeUnderTest, fault: Fault, routes: Route[]): string[] {
  const { answer, probability, service } = fault;
  const problems: string[] = [];
  if (!(probability > 0 && probability < 1)) {
    problems.push(`a failure probability of ${probability}: it must lie between 0 and 1`);
  }
  if (service !== edge.service) {
    problems.push(`the fault is at ${service}, the edge ends at ${edge.service}`);
  }
  if (edge.protocol === 'http' && 'grpcStatus' in answer) {
    problems.push(
      'a gRPC status as answer to HTTP requests: Envoy sends it as HTTP 200, so nothing fails; give an HTTP status',
    );
  }
  if (edge.protocol === 'grpc' && 'httpStatus' in answer) {
    problems.push('an HTTP status as answer to gRPC calls: give the gRPC status');
  }
  const covering = coveringConditions(answer);
  const uncovered = routes.filter(({ retries }) => {
    if ((retries?.attempts ?? 2) === 0) return false;
    const conditions = (retries?.retryOn ?? '').split(',').map((condition) => condition.trim());
    return !conditions.some((condition) => covering.includes(condition));
  });
  for (const { name, retries } of uncovered) {
    problems.push(
      `route '${name}' retries on '${retries?.retryOn ?? ''}', which does not cover ${JSON.stringify(answer)}: add ${covering[0] ?? 'a condition that does'}`,
    );
  }
  return problems;
}

function cellProblems<F extends Factors>(experiment: Experiment<F>, cell: Cell<F>): string[] {
  const { edge, factors } = cell;
  const resources = experiment.policy(edge, factors);
  const routes = routesIn(resources);
  const fault = experiment.fault(edge, factors);
  return [
    ...routeProblems(routes),
    ...bindingProblems(resources),
    ...(fault === null ? [] : faultProblems(edge, fault, routesFor(edge, routes))),
  ];
}

/** The routes that the edge's own requests may take; the kit of istio/ names a route by its operation. */
function routesFor(edge: EdgeUnderTest, routes: Route[]): Route[] {
  const operation = edge.call.operation.split('.')[1] ?? '';
  const own = routes.filter(
    ({ name }) => name === operation || name === `${operation}-from-${edge.caller}`,
  );
  return own.length > 0 ? own : routes;
}
