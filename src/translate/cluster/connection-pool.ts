import { asNumber, asRecord } from '../../manifests/fields.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { duration, durationSeconds } from '../values/duration.ts';
import { object } from '../values/json.ts';
import type { HttpProtocolParts } from './protocol-options.ts';
import { retryBudget } from './retry-budget.ts';

/** Istio's "no limit", in place of Envoy's defaults (1024, and 3 for retries). */
const unlimited = 4_294_967_295;
/** Istio's mesh-wide default. */
const defaultConnectTimeout = '10s';

/** What a traffic policy's `connectionPool` (and `retryBudget`) makes of a cluster. */
export interface ConnectionPool {
  /** `connectTimeout`, `circuitBreakers` and, with TCP keep-alive, `upstreamConnectionOptions`. */
  fields: Record<string, Json>;
  parts: HttpProtocolParts;
}

/**
 * Applies `connectionPool` to what the port's protocol decided. Used for a service's clusters in its callers and, without
 * `h2UpgradePolicy`, for its own inbound cluster.
 */
export function connectionPool(
  policy: Spec | undefined,
  parts: HttpProtocolParts,
  direction: 'inbound' | 'outbound',
): ConnectionPool {
  const pool = asRecord(policy?.connectionPool);
  const http = asRecord(pool.http);
  const tcp = asRecord(pool.tcp);
  const keepalive =
    tcp.tcpKeepalive === undefined ? undefined : tcpKeepalive(asRecord(tcp.tcpKeepalive));
  return {
    fields: object({
      connectTimeout: duration(tcp.connectTimeout) ?? defaultConnectTimeout,
      circuitBreakers: { thresholds: [thresholds(http, tcp, policy?.retryBudget)] },
      upstreamConnectionOptions: keepalive,
    }),
    parts: httpParts(http, tcp, upgraded(http, parts, direction)),
  };
}

function thresholds(http: Spec, tcp: Spec, budget: unknown): JsonObject {
  const limit = (value: unknown): number => positive(value) ?? unlimited;
  return object({
    maxConnections: limit(tcp.maxConnections),
    maxPendingRequests: limit(http.http1MaxPendingRequests),
    maxRequests: limit(http.http2MaxRequests),
    maxRetries: limit(http.maxRetries),
    retryBudget: budget === undefined ? undefined : retryBudget(budget),
  });
}

/** 0 cannot be told from "not given" in Istio's API, so it means the default. */
function positive(value: unknown): number | undefined {
  const number = asNumber(value) ?? 0;
  return number > 0 ? number : undefined;
}

/** `h2UpgradePolicy: UPGRADE` makes the upstream speak HTTP/2, but for a sniffed port, which keeps what the caller spoke. */
function upgraded(
  http: Spec,
  parts: HttpProtocolParts,
  direction: 'inbound' | 'outbound',
): HttpProtocolParts {
  const wanted =
    direction === 'outbound' &&
    http.useClientProtocol !== true &&
    http.h2UpgradePolicy === 'UPGRADE';
  return wanted && parts.upstream === undefined ? { ...parts, upstream: 'http2' } : parts;
}

function httpParts(http: Spec, tcp: Spec, parts: HttpProtocolParts): HttpProtocolParts {
  const keepalive = http.http2KeepAlive === undefined ? undefined : asRecord(http.http2KeepAlive);
  const common = object({
    idleTimeout: duration(http.idleTimeout) ?? duration(tcp.idleTimeout),
    maxConnectionDuration: duration(tcp.maxConnectionDuration),
    maxRequestsPerConnection: positive(http.maxRequestsPerConnection),
  });
  const streams = positive(http.maxConcurrentStreams);
  const http2 = object({
    maxConcurrentStreams: streams,
    connectionKeepalive:
      keepalive === undefined
        ? undefined
        : object({ interval: duration(keepalive.interval), timeout: duration(keepalive.timeout) }),
  });
  return {
    ...parts,
    upstream: http.useClientProtocol === true ? 'downstream' : parts.upstream,
    common: { ...parts.common, ...common },
    http2: { ...parts.http2, ...http2 },
    isForced: parts.isForced || Object.keys(common).length > 0 || Object.keys(http2).length > 0,
  };
}

function tcpKeepalive(keepalive: Spec): JsonObject {
  const seconds = (value: unknown): number | undefined => {
    const text = durationSeconds(value);
    return text === undefined ? undefined : Number(text);
  };
  return {
    tcpKeepalive: object({
      keepaliveProbes: positive(keepalive.probes),
      keepaliveTime: seconds(keepalive.time),
      keepaliveInterval: seconds(keepalive.interval),
    }),
  };
}
