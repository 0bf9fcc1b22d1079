/** A namespace with sidecar injection. */
export const namespaceYaml = (name = 'shop', labels = 'istio-injection: enabled'): string => `
---
apiVersion: v1
kind: Namespace
metadata: { name: ${name}, labels: { ${labels} } }
`;

/** What {@link appYaml} makes. */
export interface App {
  name: string;
  /** @default 'shop' */
  namespace?: string;
  /** Flow-style YAML of the Service's ports. @default a port `http` 8080 */
  ports?: string;
  /** @default 1 */
  replicas?: number;
  /** Flow-style YAML of further pod labels, e.g. `version: v1`. */
  labels?: string;
  /** Flow-style YAML of the container's ports, where a target port is a name. */
  containerPorts?: string;
}

/** A ServiceAccount's worth of an application: a Deployment and its Service, `app: NAME`. */
export function appYaml(app: App): string {
  const { name, namespace = 'shop', replicas = 1, containerPorts = '' } = app;
  const ports = app.ports ?? '{ name: http, port: 8080, targetPort: 8080 }';
  const labels = `app: ${name}${app.labels === undefined ? '' : `, ${app.labels}`}`;
  return `
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { selector: { app: ${name} }, ports: [${ports}] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { ${labels} } }
    spec:
      serviceAccountName: ${name}
      containers: [{ name: app, image: 'example/app:1', ports: [${containerPorts}] }]
`;
}
