import type { TranslateContext } from './context.ts';
import type { EnvoyCluster, EnvoyListener } from './envoy.ts';
import { inboundClusters } from './inbound/clusters.ts';
import { inboundListener } from './inbound/listener.ts';
import { inboundTargets } from './inbound/targets.ts';
import { peerAuthenticationOf } from './policies/peer-authentication.ts';

/** The inbound half of a sidecar's configuration; its routes are inline in the listener. */
export interface InboundConfig {
  listeners: EnvoyListener[];
  clusters: EnvoyCluster[];
}

/**
 * What a sidecar does with connections to its workload: mutual TLS by PeerAuthentication, access by
 * AuthorizationPolicy, then the workload's own port.
 */
export function inboundConfig(context: TranslateContext): InboundConfig {
  const targets = inboundTargets(context);
  const peer = peerAuthenticationOf(context.world, context.proxy);
  return {
    listeners: [inboundListener(context, targets, peer)],
    clusters: inboundClusters(context, targets),
  };
}
