import { asRecord, asRecords } from '../../manifests/fields.ts';
import {
  checkProtocol,
  has,
  notEmpty,
  outboundTrafficPolicy,
  refuseUnixSocket,
  workloadSelector,
} from './common.ts';
import { connectionPool } from './destination-rule.ts';
import { integer, listOf, objectOf, oneOf, type Report, type Schema, string } from './schema.ts';
import { sidecarIngress } from './sidecar-ingress.ts';

const egressPort: Schema = objectOf(
  { number: integer, protocol: string, name: string, targetPort: integer },
  (value, report, path) => checkProtocol(value.protocol, `${path}.protocol`, report),
);

/** The listener for all other ports comes last. */
function checkEgress(egress: Record<string, unknown>[], report: Report, path: string): void {
  for (const [index, { port }] of egress.entries()) {
    if (port === undefined && index < egress.length - 1)
      report.invalid(`${path}[${index}]`, 'has no port: only the last may be without');
  }
}

function checkPortsDiffer(list: Record<string, unknown>[], report: Report, path: string): void {
  const numbers = list.map((one) => asRecord(one.port).number);
  for (const [index, number] of numbers.entries()) {
    if (number !== undefined && numbers.indexOf(number) < index)
      report.invalid(`${path}[${index}].port.number`, `${String(number)} comes twice`);
  }
}

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
          if (!has(value, 'hosts')) report.invalid(`${path}.hosts`, 'is missing');
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
  ({ workloadSelector: _selector, ...settings }, report, path) => {
    notEmpty(settings, report, path);
    checkEgress(asRecords(settings.egress), report, `${path}.egress`);
    for (const field of ['egress', 'ingress'])
      checkPortsDiffer(asRecords(settings[field]), report, `${path}.${field}`);
  },
);
