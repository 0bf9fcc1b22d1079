import type { Json, JsonObject } from '../../src/json.ts';
import type { EnvoyConfig } from '../../src/translate/envoy.ts';

/**
 * Every legitimate difference between Istio's configuration and ours, in one place. Both sides pass through here
 * before they are compared; what is not named here must be equal. Nothing that decides routing, retries, timeouts,
 * balancing, limits, ejection, identity, authorization or the order of filters may be added.
 */

/** Keys that only name counters, spans and origins: they decide nothing about a request. */
const observabilityKeys = new Set([
  // Names of counters.
  'statPrefix',
  'altStatName',
  // Span sampling and tags; no tracer is configured.
  'tracing',
  // Operation name of spans.
  'decorator',
  // Local access logs have their own format, written by src/mesh.
  'accessLog',
]);

/** Lists whose order decides nothing: hosts of a locality, and query parameters that must all match. */
const unorderedLists = new Set(['lbEndpoints', 'queryParameters']);

/** Filters that exist only in Istio's own build of Envoy: telemetry and peer metadata, absent from upstream Envoy. */
const isIstioFilter = (value: Json): boolean =>
  isObject(value) && typeof value.name === 'string' && value.name.startsWith('istio.');

/** Returns a copy without the differences above; resources are ordered by name, as their order decides nothing. */
export function normalise(config: EnvoyConfig): EnvoyConfig {
  const strip = <T extends Json>(list: T[] | undefined): T[] =>
    (list ?? []).map((resource) => normaliseValue(resource) as T);
  const byName = (a: { name: string }, b: { name: string }): number => compare(a.name, b.name);
  return {
    listeners: strip(config.listeners).sort(byName),
    clusters: strip(config.clusters).sort(byName),
    routes: strip(config.routes).sort(byName),
    endpoints: strip(config.endpoints).sort((a, b) => compare(a.clusterName, b.clusterName)),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function normaliseValue(value: Json): Json {
  if (Array.isArray(value)) return value.filter((item) => !isIstioFilter(item)).map(normaliseValue);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    if (observabilityKeys.has(key)) continue;
    const next = key === 'metadata' ? withoutIstioMetadata(child) : normaliseField(key, child);
    if (next !== undefined) result[key] = next;
  }
  return result;
}

function normaliseField(key: string, value: Json): Json | undefined {
  // How secrets reach Envoy: Istio's agent serves them on a Unix socket, the local mesh by ADS. Their names are compared.
  if (key === 'sdsConfig') return 'sds';
  // Routes without virtual hosts: protojson leaves an empty list out.
  if (key === 'virtualHosts' && Array.isArray(value) && value.length === 0) return undefined;
  const next = normaliseValue(value);
  // Members of a set: Istio writes them in the random order of a Go map.
  if (unorderedLists.has(key) && Array.isArray(next)) {
    return next.toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b)));
  }
  // A list whose only members were Istio's own filters is the same as none.
  if (Array.isArray(next) && next.length === 0 && Array.isArray(value) && value.length > 0) {
    return undefined;
  }
  return next;
}

/** `metadata.filterMetadata.istio` says which resource a piece came from, for telemetry and debugging; other metadata stays. */
function withoutIstioMetadata(value: Json): Json | undefined {
  if (!isObject(value) || !isObject(value.filterMetadata)) return value;
  const { istio: _istio, ...kept } = value.filterMetadata;
  const { filterMetadata: _all, ...others } = value;
  if (Object.keys(kept).length > 0) return { ...others, filterMetadata: kept };
  return Object.keys(others).length > 0 ? others : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
