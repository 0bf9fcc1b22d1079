import type { JsonObject } from '../../translate/envoy.ts';
import { portKeys } from '../pods.ts';
import { connectionLog } from './access-log-format.ts';
import { rebuildChain } from './http-manager.ts';
import type { LocaliseInput } from './input.ts';
import { loopback, objects, socketAddress, without } from './json.ts';

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
