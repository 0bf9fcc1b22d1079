import type { Json, JsonObject } from '../../../src/json.ts';
import { appNames } from './names.ts';
import type { Random } from './random.ts';

/** Namespaces, and applications of two versions in them: what the resources of Istio are about. */
export function apps(random: Random): JsonObject[] {
  const made: JsonObject[] = ['shop', 'sales'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: random.fields({ 'istio-injection': [0.9, () => 'enabled'] }) },
  }));
  made.push(
    service(random, 'client', 'shop', [{ name: 'http', port: 8080 }]),
    deployment(random, { name: 'client', namespace: 'shop', version: 'v1', replicas: 1 }),
  );
  for (const name of appNames) {
    for (const namespace of ['shop', 'sales']) {
      if (!random.chance(0.55)) continue;
      made.push(service(random, name, namespace, ports(random)));
      const replicas = random.pick([1, 1, 1, 2, 0]);
      made.push(deployment(random, { name, namespace, version: 'v1', replicas }));
      if (random.chance(0.6)) {
        made.push(
          deployment(random, { name, namespace, version: 'v2', replicas: Math.min(1, replicas) }),
        );
      }
    }
  }
  if (random.chance(0.1)) made.push(externalName(random));
  return made;
}

/** A gateway that the manifests declare themselves, with a Service before it or without. */
export function declaredGateway(random: Random): JsonObject[] {
  const labels = { app: 'gate', istio: 'ingressgateway' };
  const gatewayPorts: Json[] = [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'tcp', port: 9000, targetPort: 9001 },
    { name: 'alt', port: 8080, targetPort: random.pick<Json>([8080, 8081, 'named']) },
  ];
  const made: JsonObject[] = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'gate', namespace: 'istio-system' },
      spec: {
        selector: { matchLabels: { app: 'gate' } },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: 'gate',
            containers: [
              { name: 'proxy', image: 'x', ports: [{ name: 'named', containerPort: 8085 }] },
            ],
          },
        },
      },
    },
  ];
  if (random.chance(0.8)) {
    made.push({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'gate', namespace: 'istio-system' },
      spec: { selector: { app: 'gate' }, ports: random.some(gatewayPorts, 1, 3) },
    });
  }
  return made;
}

/** Sets of ports that belong together in one Service. */
function ports(random: Random): JsonObject[] {
  const sets: JsonObject[][] = [
    [{ name: 'http', port: 8080 }],
    [{ name: 'http-web', port: 80, targetPort: 8080 }],
    [{ name: 'http', port: 80, targetPort: 'web' }],
    [
      { name: 'http', port: 80 },
      { name: 'grpc', port: 9000 },
    ],
    [{ name: 'tcp', port: 5432 }],
    [{ name: 'x', port: 9000 }],
    [
      { name: 'http', port: 8080 },
      { name: 'x', port: 9000 },
      { name: 'tcp', port: 5432 },
    ],
    [
      { name: 'https', port: 443 },
      { name: 'http2', port: 80 },
    ],
    [
      {
        name: 'x',
        port: 9000,
        appProtocol: random.pick(['http', 'grpc', 'tcp', 'kubernetes.io/h2c', 'tls']),
      },
    ],
    [
      { name: 'mysql', port: 3306 },
      { name: 'redis', port: 6379 },
      { name: 'mongo', port: 27017 },
    ],
    [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'http-alt', port: 8080 },
    ],
    [{ name: 'grpc-web', port: 9000 }],
  ];
  return random.pick(sets);
}

function service(
  random: Random,
  name: string,
  namespace: string,
  servicePorts: JsonObject[],
): JsonObject {
  const exported = {
    'networking.istio.io/exportTo': random.pick(['.', '*', 'shop', 'sales', '~']),
  };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, ...(random.chance(0.08) && { annotations: exported }) },
    spec: {
      ...(random.chance(0.1) && { clusterIP: 'None' }),
      ...(random.chance(0.96) && { selector: { app: name } }),
      ports: servicePorts,
    },
  };
}

function deployment(
  random: Random,
  app: { name: string; namespace: string; version: string; replicas: number },
): JsonObject {
  const { name, namespace, version, replicas } = app;
  const labels = {
    app: name,
    version,
    ...(name === 'client' ? { tier: 'front' } : random.fields({ tier: [0.3, () => 'back'] })),
    ...random.fields({ 'sidecar.istio.io/inject': [0.08, () => random.pick(['false', 'true'])] }),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: version === 'v1' ? name : `${name}-${version}`, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name, version } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: random.pick([name, name, 'default']),
          containers: [{ name: 'c', image: 'x', ports: [{ name: 'web', containerPort: 8088 }] }],
        },
      },
    },
  };
}

function externalName(random: Random): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'alias', namespace: 'shop' },
    spec: {
      type: 'ExternalName',
      externalName: random.pick([
        'users.shop.svc.cluster.local',
        'api.example.com',
        'elsewhere.test',
      ]),
      ports: [{ name: 'http', port: 80 }],
    },
  };
}
