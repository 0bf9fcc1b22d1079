import { servicesOf, targetPortOf } from '../manifests/select.ts';
import type { TranslateContext } from './context.ts';
import type { EnvoyCluster, EnvoyConfig } from './envoy.ts';
import { patchCluster } from './envoy-filter/clusters.ts';
import { patchListener } from './envoy-filter/filters.ts';
import { type Patch, patchesFor, type PatchContext } from './envoy-filter/patches.ts';
import { patchRoutes, type ServerPorts } from './envoy-filter/routes.ts';
import { gatewayServers } from './gateway/servers.ts';
import { routeNames } from './listener/listener.ts';

/**
 * Applies the EnvoyFilters of a proxy to its configuration, as istiod does: what a patch does not match is left as
 * it is. What is not translated (see `readPatches`) is for checkSupported to report.
 */
export function applyEnvoyFilters(config: EnvoyConfig, context: TranslateContext): EnvoyConfig {
  const patches = patchesFor(context);
  if (patches.length === 0) return config;
  const outbound: PatchContext = context.proxy.type === 'gateway' ? 'GATEWAY' : 'SIDECAR_OUTBOUND';
  const of = (wanted: PatchContext): Patch[] =>
    patches.filter((patch) => patch.context === 'ANY' || patch.context === wanted);
  const listeners = config.listeners.map((listener) => {
    const own = listener.trafficDirection === 'INBOUND' ? 'SIDECAR_INBOUND' : outbound;
    return patchListener(listener, of(own), own);
  });
  const clusters = config.clusters.flatMap((cluster) => {
    const own = isInbound(cluster) ? 'SIDECAR_INBOUND' : outbound;
    return patchCluster(cluster, of(own), hostsBehind(cluster, context)) ?? [];
  });
  const added = patches
    .filter((patch) => patch.applyTo === 'CLUSTER' && patch.operation === 'ADD')
    .flatMap((patch) => copiesOf(patch, outbound));
  // A patch that takes a connection manager away takes the request for its routes with it.
  const asked = routeNames(listeners);
  return {
    listeners,
    clusters: [...clusters, ...added],
    routes: config.routes
      .filter(({ name }) => asked.includes(name))
      .map((routes) => patchRoutes(routes, of(outbound), outbound, serverPorts(context))),
    // Endpoints are told for the clusters that still ask for them.
    endpoints: config.endpoints.filter(({ clusterName }) =>
      clusters.some(({ name, type }) => name === clusterName && type === 'EDS'),
    ),
  };
}

function serverPorts(context: TranslateContext): ServerPorts {
  if (context.proxy.type === 'sidecar') return new Map();
  const byListenPort = [...gatewayServers(context)];
  return new Map(byListenPort.map(([port, servers]) => [port, servers.map((one) => one.port)]));
}

function isInbound({ name }: EnvoyCluster): boolean {
  return name.startsWith('inbound|') || name === 'InboundPassthroughCluster';
}

/** An added cluster of any context is added once, to the outbound half. */
function copiesOf(patch: Patch, outbound: PatchContext): EnvoyCluster[] {
  const isHere = patch.context === 'ANY' || patch.context === outbound;
  const isInboundHere = patch.context === 'SIDECAR_INBOUND' && outbound === 'SIDECAR_OUTBOUND';
  return isHere || isInboundHere ? [patch.value as EnvoyCluster] : [];
}

function hostsBehind({ name }: EnvoyCluster, { world, proxy }: TranslateContext): string[] {
  if (!name.startsWith('inbound|')) return [];
  const targetPort = Number(name.split('|')[1]);
  return servicesOf(world, proxy.workload)
    .filter((service) =>
      service.ports.some((port) => targetPortOf(port.targetPort, proxy.workload) === targetPort),
    )
    .map((service) => service.host);
}
