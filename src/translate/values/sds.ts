import type { JsonObject } from '../../json.ts';

/** Where Istio's agent serves secrets from; the local mesh puts its own source in its place. */
const agentSds: JsonObject = {
  apiConfigSource: {
    apiType: 'GRPC',
    transportApiVersion: 'V3',
    grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
    setNodeOnFirstMessageOnly: true,
  },
  initialFetchTimeout: '0s',
  resourceApiVersion: 'V3',
};

/**
 * A secret that Istio's agent serves by name: `default` (the workload's certificate), `ROOTCA`, or files of the proxy's pod,
 * `file-cert:CERT~KEY` and `file-root:CA`.
 */
export function secret(name: string): JsonObject {
  return { name, sdsConfig: agentSds };
}
