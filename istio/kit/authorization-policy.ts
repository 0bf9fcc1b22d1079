import type { IAuthorizationPolicy } from '@kubernetes-models/istio/security.istio.io/v1/AuthorizationPolicy';
import { edgesInto, grpcPath, operationNamed, principalOf } from '../../src/topology/derive.ts';
import type { Edge, ServiceOperation, Topology } from '../../src/topology/model.ts';
import { pathSegments } from '../../src/topology/path.ts';
import { metadataOf } from './resource.ts';

type Rule = NonNullable<NonNullable<IAuthorizationPolicy['spec']>['rules']>[number];

/** Allows nothing to all workloads of the namespace: an ALLOW policy without rules matches no request. */
export function denyAllPolicy(topology: Topology): IAuthorizationPolicy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: metadataOf(topology.namespace, 'deny-all'),
    spec: {},
  };
}

/** Allows exactly the declared edges of a service: one rule an edge, by the caller's identity, method and path. */
export function authorizationPolicyFor(topology: Topology, service: string): IAuthorizationPolicy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: metadataOf(topology.namespace, service),
    spec: {
      selector: { matchLabels: { app: service } },
      action: 'ALLOW',
      rules: edgesInto(topology, service).map((edge) => ruleOf(topology, edge)),
    },
  };
}

function ruleOf(topology: Topology, edge: Edge): Rule {
  const operation = operationNamed(topology, edge.operation);
  const method = operation.protocol === 'http' ? operation.method : 'POST';
  return {
    from: [{ source: { principals: [principalOf(topology, edge.caller)] } }],
    to: [{ operation: { methods: [method], paths: [allowedPath(topology, operation)] } }],
  };
}

/** `{*}` is exactly one segment, where `*` at the end would let any number of them through. */
function allowedPath(topology: Topology, operation: ServiceOperation): string {
  if (operation.protocol === 'grpc') return grpcPath(topology, operation);
  return pathSegments(operation.path)
    .map((segment) => (segment.type === 'parameter' ? '/{*}' : `/${segment.text}`))
    .join('');
}
