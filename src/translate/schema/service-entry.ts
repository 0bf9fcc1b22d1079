import { isIP } from 'node:net';
import { asRecord, asRecords, asString, asStrings } from '../../manifests/fields.ts';
import { isHttp, protocolNamed } from '../../manifests/port-protocol.ts';
import { isWildcard } from '../values/hosts.ts';
import {
  checkExportTo,
  checkProtocol,
  labels,
  portNumber,
  refuseUnixSocket,
  workloadSelector,
} from './common.ts';
import {
  count,
  integerFrom,
  listOf,
  mapOf,
  objectOf,
  oneOf,
  type Report,
  type Schema,
  string,
  unsupported,
} from './schema.ts';

const endpointFields = {
  address: string,
  ports: mapOf(portNumber),
  labels,
  network: unsupported('there is one network here'),
  locality: string,
  weight: count,
  serviceAccount: string,
};

function checkEndpoint(value: Record<string, unknown>, report: Report, path: string): void {
  if (!asString(value.address)) report.invalid(`${path}.address`, 'is missing');
  refuseUnixSocket(value.address, `${path}.address`, report);
}

/** A wildcard cannot be looked up. */
function checkWildcard(value: Record<string, unknown>, report: Report, path: string): void {
  const isLookedUp = value.resolution === 'DNS' || value.resolution === 'DNS_ROUND_ROBIN';
  if (!isLookedUp || asRecords(value.endpoints).length > 0) return;
  for (const [index, host] of asStrings(value.hosts).entries()) {
    if (!isWildcard(host)) continue;
    report.invalid(`${path}.hosts[${index}]`, `${host} cannot be looked up: give endpoints`);
  }
}

function checkRanges(value: Record<string, unknown>, report: Report, path: string): void {
  if (value.resolution !== 'DNS' && value.resolution !== 'DNS_ROUND_ROBIN') return;
  for (const [index, address] of asStrings(value.addresses).entries()) {
    if (!address.includes('/')) continue;
    report.invalid(
      `${path}.addresses[${index}]`,
      `${address} is a range: it needs resolution NONE or STATIC`,
    );
  }
}

function checkPorts(value: Record<string, unknown>, report: Report, path: string): void {
  const ports = asRecords(value.ports);
  for (const [index, port] of ports.entries()) {
    const here = `${path}.ports[${index}]`;
    for (const field of ['name', 'number']) {
      if (port[field] === undefined) report.invalid(`${here}.${field}`, 'is missing');
      else if (ports.findIndex((one) => one[field] === port[field]) < index)
        report.invalid(`${here}.${field}`, `${String(port[field])} comes twice`);
    }
    const protocol = protocolNamed(asString(port.protocol) ?? '') ?? 'auto';
    const tellsHosts = isHttp(protocol) || protocol === 'https' || protocol === 'tls';
    const [addresses, hosts] = [asStrings(value.addresses), asStrings(value.hosts)];
    const isShared = addresses.length > 1 || (addresses.length === 1 && hosts.length > 1);
    if (isShared && (isHttp(protocol) || protocol === 'auto'))
      report.unsupported(
        `${path}.addresses`,
        `port ${String(port.number)} is HTTP: with several addresses or hosts it is chance which address Istio makes a name of which host`,
      );
    if (!tellsHosts && asStrings(value.hosts).length > 1 && isResolved(value))
      report.invalid(here, 'cannot tell several hosts apart: it needs a protocol that names them');
  }
}

function checkEndpoints(value: Record<string, unknown>, report: Report, path: string): void {
  const endpoints = asRecords(value.endpoints);
  if (endpoints.length > 0 && value.workloadSelector !== undefined)
    report.invalid(path, 'has endpoints and workloadSelector: only one may be given');
  if (endpoints.length > 0 && !isResolved(value))
    report.invalid(`${path}.endpoints`, 'may not be given with resolution NONE');
  if (endpoints.length > 1 && value.resolution === 'DNS_ROUND_ROBIN')
    report.invalid(`${path}.endpoints`, 'must be one at most with resolution DNS_ROUND_ROBIN');
  const names = asRecords(value.ports).map((port) => port.name);
  for (const [index, endpoint] of endpoints.entries()) {
    for (const name of Object.keys(asRecord(endpoint.ports))) {
      if (!names.includes(name))
        report.invalid(
          `${path}.endpoints[${index}].ports.${name}`,
          'is no port of the ServiceEntry',
        );
    }
    const address = asString(endpoint.address) ?? '';
    const isRange = value.resolution === 'STATIC' && address !== '' && isIP(address) === 0;
    if (isRange && !address.startsWith('unix://'))
      report.invalid(
        `${path}.endpoints[${index}].address`,
        `${address} is no IP address: it needs resolution DNS`,
      );
  }
}

function isResolved(value: Record<string, unknown>): boolean {
  return (asString(value.resolution) ?? 'NONE') !== 'NONE';
}

/** `spec` of a WorkloadEntry. */
export const workloadEntry: Schema = objectOf(endpointFields, checkEndpoint);

/** `spec` of a ServiceEntry. */
export const serviceEntry: Schema = objectOf(
  {
    hosts: listOf(string),
    addresses: listOf(string),
    ports: listOf(
      objectOf(
        { number: portNumber, protocol: string, name: string, targetPort: integerFrom(0, 65_535) },
        (value, report, path) => checkProtocol(value.protocol, `${path}.protocol`, report),
      ),
    ),
    location: oneOf(['MESH_EXTERNAL', 'MESH_INTERNAL']),
    resolution: oneOf(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN'], {
      DYNAMIC_DNS: 'the dynamic forward proxy is not translated',
    }),
    endpoints: listOf(objectOf(endpointFields, checkEndpoint)),
    workloadSelector,
    exportTo: listOf(string),
    subjectAltNames: listOf(string),
  },
  (value, report, path) => {
    if (asRecords(value.ports).length === 0) report.invalid(`${path}.ports`, 'is missing');
    checkWildcard(value, report, path);
    checkRanges(value, report, path);
    if (asStrings(value.hosts).length === 0) report.invalid(`${path}.hosts`, 'is missing');
    if (asStrings(value.hosts).includes('*')) report.invalid(`${path}.hosts`, 'may not have *');
    checkPorts(value, report, path);
    checkEndpoints(value, report, path);
    checkExportTo(value, report, path);
    if (
      value.resolution === 'STATIC' &&
      value.endpoints === undefined &&
      value.workloadSelector === undefined
    ) {
      report.invalid(path, 'has resolution STATIC, but neither endpoints nor a workloadSelector');
    }
  },
);
