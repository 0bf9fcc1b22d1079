import type { Construct } from 'constructs';
import type { Topology } from '../../src/topology/model.ts';
import { authorizationPolicyFor } from './authorization-policy.ts';
import { destinationRuleFor } from './destination-rule.ts';
import type { ServicePolicy } from './policy.ts';
import { addResource } from './resource.ts';
import { sidecarFor } from './sidecar.ts';
import { virtualServiceFor } from './virtual-service.ts';

/** Adds what the mesh does for one service: routes, connections, permissions, and what its own sidecar may reach. */
export function addServiceMesh(
  scope: Construct,
  topology: Topology,
  service: string,
  policy: ServicePolicy,
): void {
  addResource(scope, virtualServiceFor(topology, service));
  addResource(scope, destinationRuleFor(topology, service, policy));
  addResource(scope, authorizationPolicyFor(topology, service));
  addResource(scope, sidecarFor(topology, service));
}
