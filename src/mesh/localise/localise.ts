import type { JsonObject } from '../../json.ts';
import { emptyConfig, type ProxyConfig } from '../xds/resources.ts';
import { localClusters } from './clusters.ts';
import { gatewayListeners, nameHttp } from './gateway.ts';
import { inboundListeners } from './inbound.ts';
import type { LocaliseInput } from './input.ts';
import { text } from './json.ts';
import { normalise } from './normalise.ts';
import { outboundListeners } from './outbound.ts';

const byName = (resources: JsonObject[], key = 'name'): Map<string, JsonObject> =>
  new Map(resources.map((resource) => [text(resource[key]), resource]));

const withConfig = (input: LocaliseInput): LocaliseInput => ({
  ...input,
  config: normalise(input.config as unknown as JsonObject) as unknown as LocaliseInput['config'],
});

const clustersOnly = (input: LocaliseInput): Pick<ProxyConfig, 'cds' | 'eds'> => {
  const { clusters, endpoints } = localClusters(input);
  const cds = byName(clusters);
  const known = byName(endpoints, 'clusterName');
  const wanted = clusters.filter(({ type }) => type === 'EDS').map(endpointName);
  // A cluster that is not told its endpoints would warm for ever; none at all is an answer, too.
  const eds = new Map(
    wanted.map((name) => [name, known.get(name) ?? { clusterName: name, endpoints: [] }]),
  );
  return { cds, eds };
};

/** The name under which a cluster asks for its endpoints. */
const endpointName = (cluster: JsonObject): string => {
  const eds = cluster.edsClusterConfig as JsonObject | undefined;
  return text(eds?.serviceName) || text(cluster.name);
};

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
