import { outboundClusters } from './cluster/outbound-clusters.ts';
import type { TranslateContext } from './context.ts';
import type { EnvoyConfig } from './envoy.ts';
import { routeNames } from './listener/listener.ts';
import { outboundListeners } from './listener/outbound-listeners.ts';
import { virtualOutbound } from './listener/virtual-outbound.ts';
import { outboundRoutes } from './route/outbound-routes.ts';

/** The outbound half of a sidecar's configuration: what its workload's own calls go through. */
export function outboundConfig(context: TranslateContext): EnvoyConfig {
  const listeners = outboundListeners(context);
  return {
    listeners: [...listeners, virtualOutbound(context)],
    ...outboundClusters(context),
    routes: routeNames(listeners).map((name) => outboundRoutes(context, name)),
  };
}
