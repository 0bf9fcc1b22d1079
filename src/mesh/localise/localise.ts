import type { JsonObject } from '../../json.ts';
import { emptyConfig, type ProxyConfig } from '../xds/resources.ts';
import { localClusters } from './clusters.ts';
import { gatewayListeners, nameHttp } from './gateway.ts';
import { inboundListeners } from './inbound.ts';
import type { LocaliseInput } from './input.ts';
import { text } from './json.ts';
import { normalise } from './normalise.ts';
import { outboundListeners } from './outbound.ts';

/** What the sidecar of `input.pod` gets by discovery, but for secrets. The list of differences is in normalise.ts. */
export function localiseSidecar(istio: LocaliseInput): ProxyConfig {
  const input = withConfig(istio);
  const outbound = outboundListeners(input);
  const inbound = inboundListeners(input);
  return {
    ...emptyConfig(),
    ...clustersOnly(input),
    lds: byName([...inbound.listeners, ...outbound.listeners]),
    rds: byName([...inbound.routes, ...outbound.routes]),
    ecds: byName(inbound.extensions),
  };
}

/** The same for an ingress or egress gateway. */
export function localiseGateway(istio: LocaliseInput): ProxyConfig {
  const input = withConfig(istio);
  const { cds, eds } = clustersOnly(input);
  return {
    ...emptyConfig(),
    cds: byName(nameHttp([...cds.values()], input.config.routes)),
    eds,
    lds: byName(gatewayListeners(input)),
    rds: byName(input.config.routes),
  };
}

function byName(resources: JsonObject[], key = 'name'): Map<string, JsonObject> {
  return new Map(resources.map((resource) => [text(resource[key]), resource]));
}

function withConfig(input: LocaliseInput): LocaliseInput {
  return {
    ...input,
    config: normalise(input.config as unknown as JsonObject) as unknown as LocaliseInput['config'],
  };
}

function clustersOnly(input: LocaliseInput): Pick<ProxyConfig, 'cds' | 'eds'> {
  const { clusters, endpoints } = localClusters(input);
  const cds = byName(clusters);
  const known = byName(endpoints, 'clusterName');
  const wanted = clusters.filter(({ type }) => type === 'EDS').map(endpointName);
  // A cluster that is not told its endpoints would warm for ever; none at all is an answer, too.
  const eds = new Map(
    wanted.map((name) => [name, known.get(name) ?? { clusterName: name, endpoints: [] }]),
  );
  return { cds, eds };
}

/** The name under which a cluster asks for its endpoints. */
function endpointName(cluster: JsonObject): string {
  const eds = cluster.edsClusterConfig as JsonObject | undefined;
  return text(eds?.serviceName) || text(cluster.name);
}
