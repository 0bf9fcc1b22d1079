import { asRecords, asStrings } from '../../manifests/fields.ts';
import { isWildcard } from '../values/hosts.ts';
import { checkProtocol, labels, refuseUnixSocket, workloadSelector } from './common.ts';
import {
  integer,
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
  ports: mapOf(integer),
  labels,
  network: unsupported('there is one network here'),
  locality: string,
  weight: integer,
  serviceAccount: string,
};

function checkEndpoint(value: Record<string, unknown>, report: Report, path: string): void {
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

/** `spec` of a WorkloadEntry. */
export const workloadEntry: Schema = objectOf(endpointFields, checkEndpoint);

/** `spec` of a ServiceEntry. */
export const serviceEntry: Schema = objectOf(
  {
    hosts: listOf(string),
    addresses: listOf(string),
    ports: listOf(
      objectOf(
        { number: integer, protocol: string, name: string, targetPort: integer },
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
    if (
      value.resolution === 'STATIC' &&
      value.endpoints === undefined &&
      value.workloadSelector === undefined
    ) {
      report.invalid(path, 'has resolution STATIC, but neither endpoints nor a workloadSelector');
    }
  },
);
