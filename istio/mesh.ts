import type { Construct } from 'constructs';
import type { Topology } from '../src/topology/model.ts';
import { denyAllPolicy } from './kit/authorization-policy.ts';
import { strictPeerAuthentication } from './kit/peer-authentication.ts';
import { addResource } from './kit/resource.ts';

/** Adds what holds for every workload of the namespace: mutual TLS only, and nothing is allowed unless a policy says so. */
export function addNamespaceMesh(scope: Construct, topology: Topology): void {
  addResource(scope, strictPeerAuthentication(topology));
  addResource(scope, denyAllPolicy(topology));
}
