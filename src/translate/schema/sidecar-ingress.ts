import { checkProtocol } from './common.ts';
import { connectionPool } from './destination-rule.ts';
import { integer, listOf, objectOf, oneOf, type Schema, string, unsupported } from './schema.ts';

const port: Schema = objectOf(
  { number: integer, protocol: string, name: string, targetPort: integer },
  (value, report, path) => checkProtocol(value.protocol, `${path}.protocol`, report),
);

/** `ingress` of a Sidecar. */
export const sidecarIngress: Schema = listOf(
  objectOf(
    {
      port,
      bind: string,
      captureMode: oneOf(['DEFAULT', 'IPTABLES'], {
        NONE: 'listeners that bind beside the redirected ones are not translated',
      }),
      defaultEndpoint: string,
      tls: unsupported('Istio has it switched off unless it is asked for'),
      connectionPool,
    },
    (value, report, path) => {
      if (value.port === undefined) report.invalid(`${path}.port`, 'is missing');
      const endpoint = value.defaultEndpoint;
      if (typeof endpoint !== 'string' || /^127\.0\.0\.1:\d+$/.test(endpoint)) return;
      report.unsupported(
        `${path}.defaultEndpoint`,
        `${endpoint}: only ports of 127.0.0.1 are translated`,
      );
    },
  ),
);
