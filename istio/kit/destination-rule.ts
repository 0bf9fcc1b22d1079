import type { IDestinationRule } from '@kubernetes-models/istio/networking.istio.io/v1/DestinationRule';
import { edgesInto, hostOf, serviceNamed } from '../../src/topology/derive.ts';
import type { RetryBudget } from '../../src/topology/edges.ts';
import type { Topology } from '../../src/topology/model.ts';
import { duration } from './duration.ts';
import type { ServicePolicy } from './policy.ts';
import { metadataOf } from './resource.ts';

type TrafficPolicy = NonNullable<NonNullable<IDestinationRule['spec']>['trafficPolicy']>;

/** What an experiment may leave out or replace. */
export interface DestinationRuleOverrides {
  /** `none` leaves it out: Istio's default then allows any number of retries at once. */
  retryBudget?: RetryBudget | 'none';
  /** `none` leaves it out: no replica is ever ejected. */
  outlierDetection?: 'none';
}

/** The DestinationRule of a service: bounds of connections, the budget of its edges, ejection where replicas allow it. */
export function destinationRuleFor(
  topology: Topology,
  service: string,
  policy: ServicePolicy,
  overrides: DestinationRuleOverrides = {},
): IDestinationRule {
  const pool = policy.connectionPool;
  const trafficPolicy: TrafficPolicy = {
    connectionPool: {
      tcp: {
        connectTimeout: duration(pool.connectTimeoutMs),
        maxConnections: pool.maxConnections,
      },
      http: {
        http1MaxPendingRequests: pool.maxPendingRequests,
        http2MaxRequests: pool.maxRequests,
      },
    },
    ...retryBudgetOf(topology, service, overrides.retryBudget),
    ...(overrides.outlierDetection === 'none'
      ? {}
      : outlierDetectionOf(policy, serviceNamed(topology, service).replicas)),
  };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: metadataOf(topology.namespace, service),
    spec: { host: hostOf(topology, service), trafficPolicy },
  };
}

function retryBudgetOf(
  topology: Topology,
  service: string,
  override: RetryBudget | 'none' | undefined,
): Pick<TrafficPolicy, 'retryBudget'> {
  if (override === 'none') return {};
  // All edges of one service have the same budget: the topology's check saw to it.
  const declared = edgesInto(topology, service).find((edge) => edge.budget !== undefined)?.budget;
  const budget = override ?? declared;
  return budget === undefined ? {} : { retryBudget: { ...budget } };
}

/**
 * Envoy ejects a host only while the ejected share stays within maxEjectionPercent: below 100 / replicas it ejects none.
 * All replicas but one may go, so that a fault of all of them is never turned into "no healthy upstream" by ejection.
 */
function outlierDetectionOf(
  policy: ServicePolicy,
  replicas: number,
): Pick<TrafficPolicy, 'outlierDetection'> {
  const outlier = policy.outlierDetection;
  if (outlier === undefined || replicas < 2) return {};
  return {
    outlierDetection: {
      consecutiveGatewayErrors: outlier.consecutiveGatewayErrors,
      // Envoy counts a 502..504 as a 5xx, too: without 0 here, its default of 5 in a row would stay in force beside it.
      consecutive5xxErrors: 0,
      interval: duration(outlier.intervalMs),
      baseEjectionTime: duration(outlier.baseEjectionTimeMs),
      maxEjectionPercent: Math.ceil((100 * (replicas - 1)) / replicas),
    },
  };
}
