import type { JsonObject } from '../../json.ts';
import type { AccessLogEntry } from '../../target/access-log.ts';
import { type AccessLogTarget, requestLog } from './access-log-format.ts';
import { object, objects, text } from './json.ts';

const managerType = 'HttpConnectionManager';
const tcpProxyType = 'TcpProxy';

/** How {@link rebuildChain} changes the filters it finds; each gets a copy that it may return or replace. */
export interface ChainChanges {
  log: AccessLogTarget;
  direction: AccessLogEntry['direction'];
  http?(manager: JsonObject): JsonObject;
  /** Another cluster in place of the one that a TCP proxy names. */
  tcpCluster?(cluster: string): string;
}

/** A filter chain with our access log, and with the changes of its place made. */
export function rebuildChain(chain: JsonObject, changes: ChainChanges): JsonObject {
  const { log, direction, http, tcpCluster } = changes;
  const filters = objects(chain.filters).map((filter) => {
    const config = object(filter.typedConfig);
    const kind = typeName(filter);
    if (kind === managerType) {
      const logged = { ...config, accessLog: requestLog(log, direction) };
      return { ...filter, typedConfig: http ? http(logged) : logged };
    }
    if (kind === tcpProxyType) {
      const logged = { ...config, accessLog: requestLog(log, direction) };
      return { ...filter, typedConfig: tcpCluster ? replaceClusters(logged, tcpCluster) : logged };
    }
    return filter;
  });
  return { ...chain, filters };
}

function typeName(filter: JsonObject): string {
  return text(object(filter.typedConfig)['@type']).split('.').at(-1) ?? '';
}

function replaceClusters(proxy: JsonObject, rename: (cluster: string) => string): JsonObject {
  if (typeof proxy.cluster === 'string') return { ...proxy, cluster: rename(proxy.cluster) };
  const weighted = object(proxy.weightedClusters);
  const clusters = objects(weighted.clusters).map((item) => ({
    ...item,
    name: rename(text(item.name)),
  }));
  return { ...proxy, weightedClusters: { ...weighted, clusters } };
}
