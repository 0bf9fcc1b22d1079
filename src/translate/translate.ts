/**
 * Manifests to Envoy configuration, as Istio's control plane generates it. Which part makes what of which resource:
 *
 * - outbound.ts: what a workload calls. Listeners in `listener/`, a VirtualService's fields in `route/` (one a file:
 *   retry.ts, timeout.ts, match.ts …), a DestinationRule's in `cluster/` (outlier-detection.ts, connection-pool.ts …)
 * - inbound.ts and `inbound/`: what calls it. PeerAuthentication in mutual-tls.ts; AuthorizationPolicy and
 *   RequestAuthentication in `authorization/`
 * - gateway.ts and `gateway/`: the same for an ingress gateway
 * - envoy-filter.ts and `envoy-filter/`: patches, at the end
 * - `policies/`: which of several resources applies; `schema/`: which fields are translated, and why others are not
 */
import type { Workload, World } from '../manifests/world.ts';
import { createContext, type TranslateContext } from './context.ts';
import type { EnvoyConfig } from './envoy.ts';
import { applyEnvoyFilters } from './envoy-filter.ts';
import { gatewayConfig } from './gateway.ts';
import { inboundConfig } from './inbound.ts';
import { outboundConfig } from './outbound.ts';

/**
 * What istiod would send to the sidecar of a workload: listeners, clusters, routes and endpoints, with synthetic addresses
 * (see addresses.ts). Every replica of a workload gets the same. Call {@link checkSupported} and {@link checkReferences}
 * first: this function takes what it is given.
 */
export function translateSidecar(world: World, workload: Workload): EnvoyConfig {
  const context = createContext(world, workload, 'sidecar');
  return applyEnvoyFilters(sidecarConfig(context), context);
}

/** What istiod would send to an Istio gateway proxy, by the Gateway resources that select it. */
export function translateGateway(world: World, gateway: Workload): EnvoyConfig {
  const context = createContext(world, gateway, 'gateway');
  return applyEnvoyFilters(gatewayConfig(context), context);
}

function sidecarConfig(context: TranslateContext): EnvoyConfig {
  const outbound = outboundConfig(context);
  const inbound = inboundConfig(context);
  return {
    listeners: [...outbound.listeners, ...inbound.listeners],
    clusters: [...outbound.clusters, ...inbound.clusters],
    routes: outbound.routes,
    endpoints: outbound.endpoints,
  };
}
