/** One line of a sidecar's access log; one a request on the caller's side, one an attempt on the callee's. */
export interface AccessLogEntry {
  /** ISO time at which the request began. */
  time: string;
  pod: string;
  workload: string;
  direction: 'outbound' | 'inbound' | 'gateway';
  requestId: string | null;
  /** Trace id of the `traceparent` header: the same on every hop, also behind a gateway, which gives a request id of its own. */
  traceId: string | null;
  method: string | null;
  path: string | null;
  authority: string | null;
  /** HTTP status sent downstream. */
  status: number;
  /** Value of `grpc-status`, null when the call is not gRPC. */
  grpcStatus: number | null;
  /** Envoy's response flags, e.g. `URX,UF`; `-` for none. */
  flags: string;
  details: string | null;
  /** How many upstream attempts this proxy made; 0 when it answered itself. */
  attempts: number;
  /** `x-envoy-attempt-count` as this proxy received it: which attempt of the caller this is. */
  attemptHeader: number | null;
  upstreamCluster: string | null;
  upstreamHost: string | null;
  durationMs: number;
  /** SPIFFE id of the verified caller (inbound). */
  peer: string | null;
  transportFailure: string | null;
}

/**
 * What Envoy writes for each field, in the command operators of its access log format: all but who writes, and which way.
 * One key for each field of {@link AccessLogEntry}; the local mesh and a cluster log the same.
 */
export const accessLogFields: Readonly<
  Record<Exclude<keyof AccessLogEntry, 'pod' | 'workload' | 'direction'>, string>
> = {
  time: '%START_TIME%',
  requestId: '%REQ(X-REQUEST-ID)%',
  traceId: '%REQ(TRACEPARENT)%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  authority: '%REQ(:AUTHORITY)%',
  status: '%RESPONSE_CODE%',
  grpcStatus: '%GRPC_STATUS_NUMBER%',
  flags: '%RESPONSE_FLAGS%',
  details: '%RESPONSE_CODE_DETAILS%',
  attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
  attemptHeader: '%REQ(X-ENVOY-ATTEMPT-COUNT)%',
  upstreamCluster: '%UPSTREAM_CLUSTER_RAW%',
  upstreamHost: '%UPSTREAM_HOST%',
  durationMs: '%DURATION%',
  peer: '%DOWNSTREAM_PEER_URI_SAN%',
  transportFailure: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
};

function numberOrNull(value: unknown): number | null {
  if (value === null || value === undefined || value === '' || value === '-') return null;
  const number = Number(value);
  return Number.isNaN(number) ? null : number;
}

/** Envoy has no command operator for the way of the traffic: the cluster tells, or a caller with a certificate. */
function wayOf(raw: Record<string, unknown>): 'inbound' | 'outbound' {
  const inbound = String(raw.upstreamCluster ?? '').startsWith('inbound|');
  return inbound || (raw.peer ?? null) !== null ? 'inbound' : 'outbound';
}

/** Who wrote a line, where the line itself doesn't say so: on a cluster every sidecar has the same format. */
export type LogWriter = Pick<AccessLogEntry, 'pod' | 'workload' | 'direction'>;

/**
 * One line of a log; undefined when it is no JSON object. Headers arrive as strings, so numbers in them are parsed here.
 * `writer` tells what the line has no field for.
 */
export function parseAccessLogLine(
  line: string,
  writer: Partial<LogWriter> = {},
): AccessLogEntry | undefined {
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const textOrNull = (key: string): string | null => {
    const value = raw[key];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const direction =
    writer.direction ?? (raw.direction as AccessLogEntry['direction'] | undefined) ?? wayOf(raw);
  return {
    time: String(raw.time),
    pod: writer.pod ?? String(raw.pod),
    workload: writer.workload ?? String(raw.workload),
    direction,
    requestId: textOrNull('requestId'),
    // version-traceid-parentid-flags (W3C Trace Context)
    traceId: textOrNull('traceId')?.split('-')[1] ?? null,
    method: textOrNull('method'),
    path: textOrNull('path'),
    authority: textOrNull('authority'),
    status: numberOrNull(raw.status) ?? 0,
    grpcStatus: numberOrNull(raw.grpcStatus),
    flags: textOrNull('flags') ?? '-',
    details: textOrNull('details'),
    attempts: numberOrNull(raw.attempts) ?? 0,
    // On the way out the header is this proxy's own count of its last attempt, not what it received.
    attemptHeader: direction === 'inbound' ? numberOrNull(raw.attemptHeader) : null,
    upstreamCluster: textOrNull('upstreamCluster'),
    upstreamHost: textOrNull('upstreamHost'),
    durationMs: numberOrNull(raw.durationMs) ?? 0,
    peer: textOrNull('peer'),
    transportFailure: textOrNull('transportFailure'),
  };
}
