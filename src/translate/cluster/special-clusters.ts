import type { EnvoyCluster } from '../envoy.ts';
import { connectionPool } from './connection-pool.ts';
import { protocolOptions, protocolParts } from './protocol-options.ts';
import { object } from '../values/json.ts';

/** Where traffic goes that has nowhere to go: a cluster without hosts. */
export function blackHoleCluster(): EnvoyCluster {
  return {
    name: 'BlackHoleCluster',
    altStatName: 'BlackHoleCluster;',
    type: 'STATIC',
    connectTimeout: '10s',
  };
}

/** Where traffic to unknown hosts goes when the Sidecar lets it: the address that was dialled. */
export function passthroughCluster(): EnvoyCluster {
  const { fields, parts } = connectionPool(undefined, protocolParts('auto', 'sidecar'), 'outbound');
  return object({
    name: 'PassthroughCluster',
    altStatName: 'PassthroughCluster;',
    type: 'ORIGINAL_DST',
    lbPolicy: 'CLUSTER_PROVIDED',
    ...fields,
    typedExtensionProtocolOptions: protocolOptions({ ...parts, common: { idleTimeout: '300s' } }),
  }) as EnvoyCluster;
}
