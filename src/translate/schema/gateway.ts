import { asRecord, asString } from '../../manifests/fields.ts';
import { isHttp, protocolNamed } from '../../manifests/port-protocol.ts';
import { labels } from './common.ts';
import { boolean, integer, listOf, objectOf, type Schema, string, unsupported } from './schema.ts';

const noTls = 'gateways end no TLS here; only httpsRedirect is translated';

const server: Schema = objectOf(
  {
    name: string,
    port: objectOf({ number: integer, protocol: string, name: string, targetPort: integer }),
    hosts: listOf(string),
    bind: unsupported('gateways listen on loopback here'),
    defaultEndpoint: unsupported('it is reserved in Istio, too'),
    tls: objectOf({
      httpsRedirect: boolean,
      mode: unsupported(noTls),
      credentialName: unsupported(noTls),
      credentialNames: unsupported(noTls),
      tlsCertificates: unsupported(noTls),
      serverCertificate: unsupported(noTls),
      privateKey: unsupported(noTls),
      caCertificates: unsupported(noTls),
      caCertCredentialName: unsupported(noTls),
      caCrl: unsupported(noTls),
      subjectAltNames: unsupported(noTls),
      verifyCertificateSpki: unsupported(noTls),
      verifyCertificateHash: unsupported(noTls),
      minProtocolVersion: unsupported(noTls),
      maxProtocolVersion: unsupported(noTls),
      cipherSuites: unsupported(noTls),
    }),
  },
  (value, report, path) => {
    const name = asString(asRecord(value.port).protocol) ?? '';
    const protocol = protocolNamed(name) ?? 'auto';
    if (protocol === 'https' || protocol === 'tls' || protocol === 'auto') {
      report.unsupported(`${path}.port.protocol`, `servers of protocol ${name} are not translated`);
    } else if (!isHttp(protocol) && value.tls !== undefined) {
      report.unsupported(`${path}.tls`, noTls);
    }
  },
);

/** `spec` of a Gateway of networking.istio.io. */
export const gateway: Schema = objectOf({ selector: labels, servers: listOf(server) });
