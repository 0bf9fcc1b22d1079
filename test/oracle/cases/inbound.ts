import type { OracleCase } from '../case.ts';
import { appYaml, namespaceYaml } from './shared.ts';

const kinds = `
  { name: http, port: 80, targetPort: 8080 }, { name: grpc, port: 50051, targetPort: 50051 },
  { name: tcp-db, port: 5432, targetPort: 5432 }, { name: any, port: 9000, targetPort: 9001 }`;
const users = namespaceYaml() + appYaml({ name: 'users', ports: kinds });

const peerAuthentication = (name: string, namespace: string, spec: string): string => `
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }
`;

const inbound = (name: string, manifests: string): OracleCase => ({
  name: `inbound-${name}`,
  workload: 'users.shop',
  view: 'inbound',
  manifests,
});

/** Inbound listeners and clusters: port protocols, mutual TLS and what decides it. */
export const cases: OracleCase[] = [
  inbound('permissive-by-default', users),
  inbound(
    'strict-namespace',
    users + peerAuthentication('default', 'shop', 'mtls: { mode: STRICT }'),
  ),
];
