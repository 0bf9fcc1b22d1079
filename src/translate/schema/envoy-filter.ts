import { readPatches } from '../envoy-filter/patches.ts';
import { workloadSelector } from './common.ts';
import {
  anything,
  integer,
  listOf,
  objectOf,
  oneOf,
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
    filter: objectOf({ name: string, subFilter: objectOf({ name: string }) }),
  }),
});

const cluster: Schema = objectOf({
  name: string,
  service: string,
  portNumber: integer,
  subset: string,
});

/** `spec` of an EnvoyFilter; values of patches are held against Envoy's own messages. */
export const envoyFilter: Schema = objectOf(
  {
    workloadSelector,
    targetRefs,
    priority: integer,
    configPatches: listOf(
      objectOf({
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
      }),
    ),
  },
  (value, report, path) => {
    for (const problem of readPatches(value, path).problems) {
      report.unsupported(problem.path, problem.reason);
    }
  },
);
