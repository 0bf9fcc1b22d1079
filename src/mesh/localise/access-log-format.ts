import { type AccessLogEntry, accessLogFields } from '../../target/access-log.ts';
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

function requestFormat(
  target: AccessLogTarget,
  direction: AccessLogEntry['direction'],
): Record<keyof AccessLogEntry, string> {
  return { pod: target.pod, workload: target.workload, direction, ...accessLogFields };
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
