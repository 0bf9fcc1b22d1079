import type { OracleCase } from '../case.ts';
import { appYaml, namespaceYaml } from './shared.ts';

const deployment = (name: string, version: string): string => `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}-${version}, namespace: shop }
spec:
  selector: { matchLabels: { app: ${name}, version: ${version} } }
  template:
    metadata: { labels: { app: ${name}, version: ${version} } }
    spec: { serviceAccountName: ${name}, containers: [{ name: app, image: 'example/app:1' }] }
`;

/** A client, `users` in two replicas, `reviews` in three versions, and `stock` with a gRPC port, all in `shop`; `billing` in `sales`. */
export const shop =
  namespaceYaml() +
  namespaceYaml('sales') +
  appYaml({ name: 'client', labels: 'tier: front' }) +
  appYaml({ name: 'users', replicas: 2 }) +
  appYaml({ name: 'stock', ports: '{ name: grpc, port: 50051, targetPort: 50051 }' }) +
  appYaml({ name: 'billing', namespace: 'sales' }) +
  appYaml({ name: 'reviews', labels: 'version: v1', ports: '{ name: http, port: 9080 }' }) +
  deployment('reviews', 'v2') +
  deployment('reviews', 'v3');

/** A VirtualService; `spec` is flow-style YAML without its braces. */
export const virtualService = (name: string, spec: string, namespace = 'shop'): string => `
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }
`;

/** A DestinationRule; `spec` is flow-style YAML without its braces. */
export const destinationRule = (name: string, spec: string, namespace = 'shop'): string => `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }
`;

/** Any Istio networking resource; `spec` is flow-style YAML without its braces. */
export const networking = (
  kind: string,
  name: string,
  spec: string,
  namespace = 'shop',
): string => `
---
apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }
`;

/** A case about what the client's sidecar does with the client's calls. */
export const outbound = (
  name: string,
  manifests: string,
  workload = 'client.shop',
): OracleCase => ({
  name,
  workload,
  view: 'outbound',
  manifests,
});
