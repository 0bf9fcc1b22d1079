import type { AccessLogEntry } from '../control/control.ts';
import type { JsonObject } from '../../json.ts';

/** Where a proxy writes, and as whom. */
export interface AccessLogTarget {
  /** One for each proxy: Envoy writes its buffer in pieces that end inside lines, so two would mix theirs. */
  requestsFile: string;
  /** TLS failures and raw connections: what has no request. */
  connectionsFile: string;
  pod: string;
  workload: string;
}

/** The access log of an HTTP connection manager or a TCP proxy. */
export function requestLog(
  target: AccessLogTarget,
  direction: AccessLogEntry['direction'],
): JsonObject[] {
  return [fileLog(target.requestsFile, requestFormat(target, direction))];
}

/** The access log of a listener: failed handshakes appear nowhere else. */
export function connectionLog(target: AccessLogTarget, listener: string): JsonObject[] {
  return [
    fileLog(target.connectionsFile, {
      time: '%START_TIME%',
      pod: target.pod,
      listener,
      from: '%DOWNSTREAM_REMOTE_ADDRESS%',
      peer: '%DOWNSTREAM_PEER_URI_SAN%',
      failure: '%DOWNSTREAM_TRANSPORT_FAILURE_REASON%',
      details: '%CONNECTION_TERMINATION_DETAILS%',
      durationMs: '%DURATION%',
    }),
  ];
}

// One key for each field of AccessLogEntry; access-log.ts turns strings of numbers into numbers.
function requestFormat(
  target: AccessLogTarget,
  direction: AccessLogEntry['direction'],
): Record<keyof AccessLogEntry, string> {
  return {
    time: '%START_TIME%',
    pod: target.pod,
    workload: target.workload,
    direction,
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
}

function fileLog(path: string, format: Record<string, string>): JsonObject {
  return {
    name: 'envoy.access_loggers.file',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
      path,
      logFormat: { jsonFormat: format },
    },
  };
}
