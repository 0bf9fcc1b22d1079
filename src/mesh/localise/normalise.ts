import { type Json, type JsonObject, isObject } from '../../json.ts';
import { object, objects, text } from './json.ts';

/** Applies items 1 to 6 of the list above to any part of a configuration; returns a copy. */
export function normalise<T extends Json>(json: T): T {
  if (Array.isArray(json)) {
    return json.filter((item) => !isIstioOnly(item)).map((item) => normalise(item)) as T;
  }
  if (!isObject(json)) return json;
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(json)) {
    for (const [name, item] of entry(key, value)) result[name] = item;
  }
  return result as T;
}

/*
 * What istiod writes for its own Envoy build in a cluster, and what the local mesh makes of it. This file holds what is
 * the same everywhere in a configuration; what depends on the place is listed here, too, so that all of it is in one page.
 *
 * Everywhere (this file):
 * 1. Filters `istio.*` (metadata exchange, ALPN, stats) are left out: upstream Envoy does not have them. Where the ALPN
 *    filter decides something (ports whose protocol is detected) a filter in outbound.ts stands in for it; the clusters
 *    of a gateway's HTTP routes name HTTP in their own TLS context (gateway.ts).
 * 2. Secrets come from our ADS server in place of the node agent (`sds-grpc`).
 * 3. `matchSubjectAltNames` is written as `matchTypedSubjectAltNames` of type URI: same check, no deprecation warning.
 * 4. `tracing` is left out: there is no collector. Headers for tracing pass through untouched.
 * 5. `altStatName` is left out and `;` trimmed from `statPrefix`: both serve Istio's statistics regexes, which are not
 *    there; counters are then named `cluster.outbound|8080||users.shop.svc.cluster.local.upstream_rq_retry`.
 * 6. Access logs of the mesh configuration give way to ours (access-log-format.ts).
 *
 * Listeners (outbound.ts, inbound.ts, gateway.ts):
 * 7. Nothing is redirected by iptables: each `host:port` a process calls is a listener of its own on 127.0.0.1, made from
 *    the listener and filter chain that Envoy would have chosen by original destination; `useOriginalDst`,
 *    `bindToPort`, `original_dst` and matches on destination go. A Lua filter puts the name back into `:authority`.
 *    Names in the environment are replaced by these listeners' addresses (container-env.ts); those that a Node program
 *    has from elsewhere are asked for when it dials them (preload/dial-services.mjs).
 * 8. virtualInbound's chains for one destination port become one listener on 127.0.0.1.
 * 9. Inbound filters for tokens and authorization come by ECDS and inbound routes by RDS, so that edits act on open
 *    connections. Ports in authorization rules become the ones that are listened on here (local-port.ts).
 *
 * Clusters and endpoints (clusters.ts):
 * 10. Pod addresses become the inbound listeners of the replicas on 127.0.0.1; replicas that are not ready are left out,
 *     as the cluster's EndpointSlices leave them out.
 * 11. `inbound|PORT||` leads to the process' own port in place of the original destination; no source bind to 127.0.0.6.
 * 12. PassthroughCluster means "where the caller wanted to go, as it is": locally that is a cluster
 *     `passthrough|HOST|PORT` with the same replicas in plaintext. BlackHoleCluster stays.
 * 13. ORIGINAL_DST clusters of headless Services have all replicas in them, for the caller's DNS would have chosen one;
 *     where callers dial one pod of a StatefulSet by its name, `CLUSTER@POD` has that one.
 * 14. Secrets that istiod names by file (`file-root:`, `file-cert:`) are read from this machine (file-secrets.ts).
 */

function isIstioOnly(json: Json): boolean {
  return isObject(json) && text(json.name).startsWith('istio.') && json.typedConfig !== undefined;
}

function typedSanMatchers(matchers: Json | undefined): Json {
  return objects(matchers).map((matcher) => ({ sanType: 'URI', matcher }));
}

function entry(key: string, value: Json): [string, Json][] {
  switch (key) {
    case 'tracing':
    case 'altStatName':
    case 'accessLog':
      return [];
    case 'sdsConfig':
      return object(value).apiConfigSource === undefined
        ? [[key, normalise(value)]]
        : [[key, { ads: {}, resourceApiVersion: 'V3' }]];
    case 'matchSubjectAltNames':
      return [['matchTypedSubjectAltNames', typedSanMatchers(value)]];
    case 'statPrefix':
      return [[key, text(value).replace(/;$/, '')]];
    default:
      return [[key, normalise(value)]];
  }
}
