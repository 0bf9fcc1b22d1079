import { asList, asRecords, asStrings } from '../../manifests/fields.ts';
import { hostsOverlap, isSubset } from '../values/hosts.ts';
import { checkExportTo, has, labels } from './common.ts';
import { checkWeights, httpRoute, needsDestination, weighted } from './http-route.ts';
import {
  integerFrom,
  listOf,
  objectOf,
  type Report,
  type Schema,
  string,
  unsupported,
} from './schema.ts';

/** Istio refuses hosts of one VirtualService that stand for the same names. */
function checkOverlap(hosts: string[], report: Report, path: string): void {
  for (const [index, host] of hosts.entries()) {
    const other = hosts.slice(0, index).find((one) => hostsOverlap(one, host));
    if (other !== undefined) report.invalid(`${path}[${index}]`, `${host} overlaps with ${other}`);
  }
}

const layer4Match = {
  destinationSubnets: listOf(string),
  port: integerFrom(0, 65_535),
  sourceLabels: labels,
  gateways: listOf(string),
  sourceNamespace: string,
};
const layer4Route = listOf(objectOf(weighted, needsDestination));

function checkLayer4Route(value: Record<string, unknown>, report: Report, path: string): void {
  if (!has(value, 'route')) report.invalid(`${path}.route`, 'is missing');
  checkWeights(value, report, path);
}

function checkTlsRoute(value: Record<string, unknown>, report: Report, path: string): void {
  checkLayer4Route(value, report, path);
  if (!has(value, 'match'))
    report.invalid(`${path}.match`, 'is missing: it says which SNI is meant');
  for (const [index, match] of asRecords(value.match).entries()) {
    if (!has(match, 'sniHosts')) report.invalid(`${path}.match[${index}].sniHosts`, 'is missing');
  }
}

/** SNI is matched within the VirtualService's own hosts; written alike, since Istio does not resolve short names here. */
function checkSniHosts(
  value: Record<string, unknown>,
  hosts: string[],
  report: Report,
  path: string,
): void {
  for (const [index, route] of asRecords(value.tls).entries()) {
    for (const [position, match] of asRecords(route.match).entries()) {
      for (const name of asStrings(match.sniHosts)) {
        if (hosts.some((host) => isSubset(name, host))) continue;
        report.invalid(
          `${path}.tls[${index}].match[${position}].sniHosts`,
          `${name} is none of the hosts ${hosts.join(', ')}`,
        );
      }
    }
  }
}

/** A VirtualService without hosts is one that others delegate to. */
function checkDelegate(value: Record<string, unknown>, report: Report, path: string): void {
  for (const field of ['gateways', 'tls', 'tcp']) {
    if (has(value, field))
      report.invalid(`${path}.${field}`, 'may not be given without hosts: others delegate to it');
  }
  for (const [index, route] of asRecords(value.http).entries()) {
    if (route.delegate !== undefined)
      report.invalid(`${path}.http[${index}].delegate`, 'may not be given without hosts');
  }
}

/** `spec` of a VirtualService. */
export const virtualService: Schema = objectOf(
  {
    hosts: listOf(string),
    gateways: listOf(string),
    http: listOf(httpRoute),
    tls: listOf(
      objectOf(
        {
          match: listOf(objectOf({ ...layer4Match, sniHosts: listOf(string) })),
          route: layer4Route,
        },
        checkTlsRoute,
      ),
    ),
    tcp: listOf(
      objectOf(
        {
          match: listOf(
            objectOf({ ...layer4Match, sourceSubnet: unsupported('Istio does not implement it') }),
          ),
          route: layer4Route,
        },
        checkLayer4Route,
      ),
    ),
    exportTo: listOf(string),
  },
  (value, report, path) => {
    if (!['http', 'tls', 'tcp'].some((field) => has(value, field))) {
      report.invalid(path, 'has no routes: it needs http, tls or tcp');
    }
    const hosts = asStrings(value.hosts);
    if (hosts.length === 0) checkDelegate(value, report, path);
    checkOverlap(hosts, report, `${path}.hosts`);
    checkSniHosts(value, hosts, report, path);
    checkExportTo(value, report, path);
    const isForMesh = !has(value, 'gateways') || asList(value.gateways).includes('mesh');
    if (isForMesh && asList(value.hosts).includes('*')) {
      report.invalid(`${path}.hosts`, 'may not have * when bound to the gateway mesh');
    }
  },
);
