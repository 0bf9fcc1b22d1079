import type { JsonObject } from '../../json.ts';
import { portKeys } from '../pods.ts';
import { connectionLog } from './access-log-format.ts';
import { rebuildChain } from './http-manager.ts';
import type { LocaliseInput } from './input.ts';
import { loopback, object, objects, socketAddress, without } from './json.ts';

/** Ports that a gateway's configuration listens on, in ascending order. */
export function gatewayPorts(listeners: JsonObject[]): number[] {
  const ports = listeners.flatMap((listener) => socketAddress(listener.address)?.port ?? []);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** A gateway's listeners, each on the loopback port that was allotted to it. */
export function gatewayListeners(input: LocaliseInput): JsonObject[] {
  return input.config.listeners.flatMap((listener) => {
    const port = socketAddress(listener.address)?.port;
    if (port === undefined) return [];
    const name = `gateway|${port}`;
    return [
      {
        ...without(listener, 'bindToPort', 'additionalAddresses'),
        name,
        address: loopback(input.port(portKeys.gateway(input.pod.id, port))),
        filterChains: objects(listener.filterChains).map((chain) =>
          rebuildChain(chain, { log: input.log, direction: 'gateway' }),
        ),
        accessLog: connectionLog(input.log, name),
      },
    ];
  });
}

/**
 * Tells the sidecars behind a gateway's HTTP routes that what comes is HTTP, for those whose port detects its protocol:
 * `istio.alpn` would, for each request.
 */
export function nameHttp(clusters: JsonObject[], routes: JsonObject[]): JsonObject[] {
  const routed = JSON.stringify(routes);
  return clusters.map((cluster) => {
    const matches = objects(cluster.transportSocketMatches);
    if (matches.length === 0 || !routed.includes(JSON.stringify(cluster.name))) return cluster;
    const transportSocketMatches = matches.map((match) => ({
      ...match,
      transportSocket: namingHttp(object(match.transportSocket)),
    }));
    return { ...cluster, transportSocketMatches };
  });
}

function namingHttp(socket: JsonObject): JsonObject {
  const config = object(socket.typedConfig);
  const common = object(config.commonTlsContext);
  const { alpnProtocols } = common;
  // With `h2` in it the callee's port is HTTP/2 by name, and nothing is detected.
  if (!Array.isArray(alpnProtocols) || !alpnProtocols.includes('istio')) return socket;
  if (alpnProtocols.includes('h2')) return socket;
  const commonTlsContext = { ...common, alpnProtocols: ['istio-http/1.1', 'istio'] };
  return { ...socket, typedConfig: { ...config, commonTlsContext } };
}
