import {
  checkProtocol,
  notEmpty,
  outboundTrafficPolicy,
  refuseUnixSocket,
  workloadSelector,
} from './common.ts';
import { connectionPool } from './destination-rule.ts';
import { integer, listOf, objectOf, oneOf, type Schema, string } from './schema.ts';
import { sidecarIngress } from './sidecar-ingress.ts';

const egressPort: Schema = objectOf(
  { number: integer, protocol: string, name: string, targetPort: integer },
  (value, report, path) => checkProtocol(value.protocol, `${path}.protocol`, report),
);

/** `spec` of a Sidecar. */
export const sidecar: Schema = objectOf(
  {
    workloadSelector,
    ingress: sidecarIngress,
    egress: listOf(
      objectOf(
        {
          port: egressPort,
          bind: string,
          captureMode: oneOf(['DEFAULT', 'IPTABLES', 'NONE']),
          hosts: listOf(string),
        },
        (value, report, path) => {
          refuseUnixSocket(value.bind, `${path}.bind`, report);
          for (const [index, host] of (Array.isArray(value.hosts) ? value.hosts : []).entries()) {
            if (String(host).split('/').length === 2) continue;
            report.invalid(
              `${path}.hosts[${index}]`,
              `must be NAMESPACE/HOST, not ${JSON.stringify(host)}`,
            );
          }
        },
      ),
    ),
    outboundTrafficPolicy,
    inboundConnectionPool: connectionPool,
  },
  ({ workloadSelector: _selector, ...settings }, report, path) => notEmpty(settings, report, path),
);
