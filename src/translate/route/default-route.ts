import type { JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { nonEmpty, object } from '../values/json.ts';
import { hashPolicies } from './hash-policy.ts';
import { retryPolicy } from './retry.ts';
import { timeouts } from './timeout.ts';

/** The route of a service that no VirtualService routes: everything to its cluster, with Istio's default retries. */
export function defaultRoute(cluster: string, hash: Spec | undefined): JsonObject {
  return {
    name: 'default',
    match: { prefix: '/' },
    route: object({
      cluster,
      ...timeouts(undefined),
      // Istio avoids previous hosts here even under consistent hashing, unlike on routes of a VirtualService.
      retryPolicy: retryPolicy(undefined, false),
      hashPolicy: nonEmpty(hashPolicies(hash)),
    }),
  };
}
