import { parseResources } from '../manifests/load.ts';
import type { Resource } from '../manifests/world.ts';
import { hostOf } from '../topology/derive.ts';
import type { Topology } from '../topology/model.ts';
import { openHost } from './matrix.ts';

/**
 * Resources that let every service call every other, and the gateway lead to each by a host name of its own: laid over
 * the manifests for a while, they take the callers' own proxies out of the question who refuses a call.
 */
export function openEgress(topology: Topology): Resource[] {
  const { namespace, services, entry } = topology;
  const scopes = services.map(
    ({ name }) => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  workloadSelector: {labels: {app: ${name}}}
  egress: [{hosts: ["./*"]}]
`,
  );
  const routes = services.map(
    ({ name, port }) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: open-${name}, namespace: ${namespace}}
spec:
  hosts: [${openHost(name)}]
  gateways: [${entry.service}]
  http: [{route: [{destination: {host: ${hostOf(topology, name)}, port: {number: ${port}}}}]}]
`,
  );
  return parseResources([...scopes, ...routes].join('---'), 'open-egress.yaml');
}
