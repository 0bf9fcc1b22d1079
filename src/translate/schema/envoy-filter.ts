import { readPatches } from '../envoy-filter/patches.ts';
import { asRecord } from '../../manifests/fields.ts';
import { has, workloadSelector } from './common.ts';
import {
  anything,
  integer,
  listOf,
  objectOf,
  oneOf,
  type Report,
  type Schema,
  string,
  unsupported,
} from './schema.ts';
import { targetRefs } from './security.ts';

const routeConfiguration: Schema = objectOf({
  name: string,
  portNumber: integer,
  portName: string,
  gateway: string,
  vhost: objectOf({
    name: string,
    domainName: string,
    route: objectOf({
      name: string,
      action: oneOf(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE']),
    }),
  }),
});

/** The filter whose filters `subFilter` names, by its name and its old name. */
const httpManagers = new Set([
  'envoy.filters.network.http_connection_manager',
  'envoy.http_connection_manager',
]);

function needsName(value: Record<string, unknown>, report: Report, path: string): void {
  if (typeof value.name !== 'string' || value.name === '')
    report.invalid(`${path}.name`, 'is missing');
}

const listener: Schema = objectOf({
  name: string,
  portNumber: integer,
  portName: unsupported('Istio ignores it, too'),
  listenerFilter: unsupported('listener filters are not translated'),
  filterChain: objectOf({
    name: string,
    sni: string,
    transportProtocol: string,
    applicationProtocols: string,
    destinationPort: integer,
    filter: objectOf(
      { name: string, subFilter: objectOf({ name: string }, needsName) },
      (value, report, path) => {
        needsName(value, report, path);
        if (value.subFilter === undefined || httpManagers.has(String(value.name))) return;
        report.invalid(`${path}.subFilter`, `is within an HTTP connection manager only`);
      },
    ),
  }),
});

const cluster: Schema = objectOf({
  name: string,
  service: string,
  portNumber: integer,
  subset: string,
});

/** The part of `match` that goes with an `applyTo`. */
const matchFields: Readonly<Record<string, string>> = {
  CLUSTER: 'cluster',
  ROUTE_CONFIGURATION: 'routeConfiguration',
  VIRTUAL_HOST: 'routeConfiguration',
  HTTP_ROUTE: 'routeConfiguration',
  NETWORK_FILTER: 'listener',
  HTTP_FILTER: 'listener',
};

function checkMatch(value: Record<string, unknown>, report: Report, path: string): void {
  const fitting = matchFields[String(value.applyTo)];
  for (const field of ['cluster', 'routeConfiguration', 'listener']) {
    if (fitting === undefined || field === fitting || !has(asRecord(value.match), field)) continue;
    report.invalid(`${path}.match.${field}`, `does not go with ${String(value.applyTo)}`);
  }
}

/** `spec` of an EnvoyFilter; values of patches are held against Envoy's own messages. */
export const envoyFilter: Schema = objectOf(
  {
    workloadSelector,
    targetRefs,
    priority: integer,
    configPatches: listOf(
      objectOf(
        {
          applyTo: string,
          match: objectOf({
            context: string,
            proxy: anything,
            routeConfiguration,
            listener,
            cluster,
          }),
          patch: objectOf({
            operation: string,
            value: anything,
            filterClass: unsupported('the place of a filter is said by its operation alone'),
          }),
        },
        checkMatch,
      ),
    ),
  },
  (value, report, path) => {
    for (const problem of readPatches(value, path).problems) {
      report.unsupported(problem.path, problem.reason);
    }
  },
);
