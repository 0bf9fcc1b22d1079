import type { JsonObject } from '../../json.ts';
import { extension } from '../values/json.ts';

/** What a filter chain needs to be found: its port (0: any), and whether TLS or plain HTTP must be told apart. */
export interface Inspected {
  port: number;
  tls: boolean;
  http: boolean;
}

/**
 * Listener filters of the inbound listener: the original destination, then the inspectors, switched off for ports
 * where no chain needs them (waiting for first bytes would stall protocols in which the server speaks first).
 */
export function inboundListenerFilters(chains: Inspected[]): JsonObject[] {
  const byPort = new Map<number, { tls: boolean; http: boolean }>();
  for (const { port, tls, http } of chains) {
    const before = byPort.get(port);
    byPort.set(port, { tls: tls || before?.tls === true, http: http || before?.http === true });
  }
  const filters = [
    extension(
      'envoy.filters.listener.original_dst',
      'envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
    ),
  ];
  const needs = [...byPort.values()];
  if (needs.some(({ tls }) => tls)) filters.push(tlsInspector(byPort));
  if (needs.some(({ http }) => http)) filters.push(httpInspector(byPort));
  return filters;
}

function tlsInspector(byPort: Map<number, { tls: boolean }>): JsonObject {
  const inspector = extension(
    'envoy.filters.listener.tls_inspector',
    'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
    { initialReadBufferSize: 512 },
  );
  const byDefault = byPort.get(0)?.tls === true;
  const exceptions = [...byPort].filter(([port, { tls }]) => port !== 0 && tls !== byDefault);
  if (exceptions.length === 0) return inspector;
  const ports = portPredicate(exceptions.map(([port]) => port));
  return { ...inspector, filterDisabled: byDefault ? ports : { notMatch: ports } };
}

function httpInspector(byPort: Map<number, { http: boolean }>): JsonObject {
  const inspector = extension(
    'envoy.filters.listener.http_inspector',
    'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
  );
  const without = [...byPort].filter(([, { http }]) => !http).map(([port]) => port);
  return without.length === 0
    ? inspector
    : { ...inspector, filterDisabled: portPredicate(without) };
}

function portPredicate(ports: number[]): JsonObject {
  const rules = ports
    .sort((a, b) => a - b)
    .map((port): JsonObject => {
      // protojson leaves out a zero.
      const range: JsonObject = port === 0 ? { end: 1 } : { start: port, end: port + 1 };
      return { destinationPortRange: range };
    });
  return rules.length === 1 ? (rules[0] ?? {}) : { orMatch: { rules } };
}
