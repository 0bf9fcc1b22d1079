import { asRecord, asRecords, asString, asStrings } from '../../manifests/fields.ts';
import { isHttp, protocolNamed } from '../../manifests/port-protocol.ts';
import { has, isDnsLabel, labels, portNumber } from './common.ts';
import {
  boolean,
  integerFrom,
  listOf,
  objectOf,
  type Schema,
  string,
  unsupported,
} from './schema.ts';

const noTls = 'gateways end no TLS here; only httpsRedirect is translated';

const noEffect = integerFrom(0, 0);

const server: Schema = objectOf(
  {
    name: string,
    port: objectOf({ number: portNumber, protocol: string, name: string, targetPort: noEffect }),
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
    if (!has(value, 'hosts')) report.invalid(`${path}.hosts`, 'is missing');
    for (const [index, host] of asStrings(value.hosts).entries()) {
      const [namespace = '', ...rest] = host.split('/');
      if (rest.length > 0 && !['*', '.'].includes(namespace) && !isDnsLabel(namespace))
        report.invalid(`${path}.hosts[${index}]`, `${host} begins with no name of a namespace`);
    }
    if (!asString(asRecord(value.port).name)) report.invalid(`${path}.port.name`, 'is missing');
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
export const gateway: Schema = objectOf(
  { selector: labels, servers: listOf(server) },
  (value, report, path) => {
    const servers = asRecords(value.servers);
    if (servers.length === 0) report.invalid(`${path}.servers`, 'is missing');
    const names = servers.map((one) => asRecord(one.port).name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index)
        report.invalid(`${path}.servers[${index}].port.name`, `${String(name)} comes twice`);
    }
  },
);
