import type { Json, JsonObject } from '../../../src/json.ts';
import type { Random } from './random.ts';

/** What the generators of all kinds refer to: few names, so that resources meet. */
export const namespaces = ['shop', 'sales', 'istio-system'] as const;
/** Applications that a world may have, in `shop` and in `sales`. */
export const appNames = ['users', 'orders', 'db', 'web'] as const;
/** Hosts of the mesh and of ServiceEntries, written in each way. */
export const hosts = [
  ...appNames,
  'users.shop.svc.cluster.local',
  'orders.sales.svc.cluster.local',
  'web.sales.svc.cluster.local',
  'api.example.com',
  'www.example.org',
] as const;
/** Patterns of {@link hosts}. */
export const wildcards = [
  '*.shop.svc.cluster.local',
  '*.sales.svc.cluster.local',
  '*.svc.cluster.local',
  '*.local',
  '*.example.org',
] as const;
/** Ports that services have. */
export const portNumbers = [80, 443, 5432, 8080, 9000] as const;
/** Lengths of time, in some of the ways to write them. */
export const durations = ['1s', '250ms', '1m', '1.5s', '10ms', '1h'] as const;

/** An Istio object. */
export function resource(
  kind: string,
  metadata: { name: string; namespace: string },
  spec: JsonObject,
): JsonObject {
  const group = securityKinds.has(kind) ? 'security' : 'networking';
  const version = kind === 'EnvoyFilter' ? 'v1alpha3' : 'v1';
  return { apiVersion: `${group}.istio.io/${version}`, kind, metadata, spec };
}

/** A host or, now and then, a pattern. */
export function hostOrWildcard(random: Random): string {
  return random.pick(random.chance(0.25) ? wildcards : hosts);
}

/** `{ exact | prefix | regex }` of a text such as `a`. */
export function stringMatch(random: Random, text: string): JsonObject {
  return random.pick<JsonObject>([{ exact: text }, { prefix: text }, { regex: `${text}.*` }]);
}

/** A destination's `host`, `port` and `subset`. */
export function destination(random: Random): JsonObject {
  return {
    host: random.pick(hosts),
    ...random.fields({
      port: [0.4, () => ({ number: random.pick(portNumbers) })],
      subset: [0.3, () => random.pick(['v1', 'v2'])],
    }),
  };
}

/** `exportTo`, as often absent. */
export function exportTo(random: Random): JsonObject {
  const choices: Json[] = [['.'], ['*'], ['shop'], ['sales'], ['shop', 'sales'], ['istio-system']];
  return random.fields({ exportTo: [0.3, () => random.pick(choices)] });
}

/** Labels that some workloads have. */
export function workloadLabels(random: Random): JsonObject {
  return random.pick<JsonObject>([
    { tier: 'front' },
    { tier: 'back' },
    { app: random.pick(appNames) },
    { version: random.pick(['v1', 'v2']) },
    { app: random.pick(appNames), version: 'v1' },
  ]);
}

const securityKinds = new Set([
  'AuthorizationPolicy',
  'RequestAuthentication',
  'PeerAuthentication',
]);
