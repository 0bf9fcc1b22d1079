import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadResources, parseResources } from '../../manifests/load.ts';
import { overlay } from '../../manifests/build-world.ts';
import type { JsonObject } from '../../json.ts';
import { createProtoJson } from '../../protobuf/protojson.ts';
import { createSchema } from '../../protobuf/schema.ts';
import { localConfigs, makePlan, portsOf } from '../runtime/plan.ts';
import { createResourceEncoder, type ProxyConfig } from '../xds/resources.ts';
import { object, objects } from './json.ts';

const manifests = fileURLToPath(
  new URL('../../../test/fixtures/tiny-mesh/manifests', import.meta.url),
);

/** Local configurations with ports 30000, 30001 … in the order of `portsOf`; `ready` are the pods that are. */
const localise = async (extra = '', ready: (pod: string) => boolean = () => true) => {
  const base = await loadResources([join(manifests)]);
  const plan = makePlan(overlay(base, parseResources(extra, 'extra.yaml')));
  const keys = portsOf(plan);
  const configs = localConfigs(plan, {
    port: (key) => {
      const index = keys.indexOf(key);
      if (index < 0) throw new Error(`no port for ${key}`);
      return 30_000 + index;
    },
    isReady: ready,
    log: (pod) => ({
      requestsFile: `${pod.id}.access`,
      connectionsFile: `${pod.id}.connections`,
      pod: pod.name,
      workload: pod.workload.name,
    }),
  });
  const port = (key: string): number => 30_000 + keys.indexOf(key);
  const of = (pod: string): ProxyConfig => {
    const found = configs.get(pod);
    if (!found) throw new Error(`no configuration of ${pod}`);
    return found;
  };
  return { configs, port, of };
};

const endpointPorts = (assignment: JsonObject | undefined): unknown[] =>
  objects(assignment?.endpoints)
    .flatMap((locality) => objects(locality.lbEndpoints))
    .map((endpoint) => object(object(object(endpoint.endpoint).address).socketAddress).portValue);

const backend = 'outbound|80||backend.tiny.svc.cluster.local';
let plain: Awaited<ReturnType<typeof localise>>;
beforeAll(async () => {
  plain = await localise();
});

describe('a sidecar', () => {
  it('listens for each name that its service calls, on a port of its own on loopback', () => {
    const { lds } = plain.of('frontend-0.tiny');
    expect([...lds.keys()]).toEqual([
      'inbound|8080',
      'outbound|backend',
      'outbound|outsider.tiny:8080',
    ]);
    expect(lds.get('outbound|backend')?.address).toEqual({
      socketAddress: {
        address: '127.0.0.1',
        portValue: plain.port('frontend-0.tiny/outbound/backend'),
      },
    });
  });

  it('dials the inbound listeners of ready replicas', async () => {
    const ports = (pod: string): unknown[] => endpointPorts(plain.of(pod).eds.get(backend));
    expect(ports('frontend-0.tiny')).toEqual([
      plain.port('backend-0.tiny/inbound/8080'),
      plain.port('backend-1.tiny/inbound/8080'),
    ]);
    const oneDown = await localise('', (pod) => pod !== 'backend-0.tiny');
    expect(endpointPorts(oneDown.of('frontend-0.tiny').eds.get(backend))).toEqual([
      oneDown.port('backend-1.tiny/inbound/8080'),
    ]);
    const allDown = await localise('', () => false);
    expect(endpointPorts(allDown.of('frontend-0.tiny').eds.get(backend))).toEqual([]);
  });

  it('hands inbound requests to its own process, never to another replica', () => {
    const cluster = plain.of('backend-1.tiny').cds.get('inbound|8080||');
    expect(cluster?.type).toBe('STATIC');
    expect(endpointPorts(object(cluster?.loadAssignment))).toEqual([
      plain.port('backend-1.tiny/app/8080'),
    ]);
  });

  it('has a slot for each kind of authorization at all times, the policy in its own', () => {
    const names = (pod: string): string[] => [...plain.of(pod).ecds.keys()];
    const slots = ['jwt|8080|0', 'authz-log|8080|0', 'authz-deny|8080|0', 'authz-allow|8080|0'];
    expect(names('backend-0.tiny')).toEqual(slots);
    expect(names('frontend-0.tiny')).toEqual(slots);
    const rules = (pod: string, slot: string): unknown =>
      object(plain.of(pod).ecds.get(slot)?.typedConfig).rules;
    expect(rules('backend-0.tiny', 'authz-allow|8080|0')).toBeDefined();
    expect(rules('backend-0.tiny', 'authz-deny|8080|0')).toBeUndefined();
    expect(rules('frontend-0.tiny', 'authz-allow|8080|0')).toBeUndefined();
  });

  it('changes nothing but the slot when a policy comes', async () => {
    const deny = await localise(`
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny, namespace: tiny }
spec: { selector: { matchLabels: { app: backend } }, action: DENY, rules: [{ to: [{ operation: { paths: [/x] } }] }] }
`);
    const [before, after] = [plain.of('backend-0.tiny'), deny.of('backend-0.tiny')];
    expect(after.lds.get('inbound|8080')).toEqual(before.lds.get('inbound|8080'));
    expect(after.rds).toEqual(before.rds);
    const changed = [...after.ecds].filter(
      ([name, json]) => JSON.stringify(json) !== JSON.stringify(before.ecds.get(name)),
    );
    expect(changed.map(([name]) => name)).toEqual(['authz-deny|8080|0']);
  });

  it('lets a call out of its scope go where the caller wanted, in plaintext', async () => {
    const scoped = await localise(`
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: frontend, namespace: tiny }
spec: { workloadSelector: { labels: { app: frontend } }, egress: [{ hosts: ["./outsider.tiny.svc.cluster.local"] }] }
`);
    const { lds, cds, eds } = scoped.of('frontend-0.tiny');
    expect(cds.has(backend)).toBe(false);
    expect(JSON.stringify(lds.get('outbound|backend'))).toContain(
      '"passthrough|backend.tiny.svc.cluster.local|80"',
    );
    const assignment = eds.get('passthrough|backend.tiny.svc.cluster.local|80');
    expect(endpointPorts(assignment)).toHaveLength(2);
    expect(JSON.stringify(assignment)).not.toContain('tlsMode');
  });

  it('restores the name that the service was told, and keeps one that it chose itself', () => {
    const text = JSON.stringify(plain.of('frontend-0.tiny').lds.get('outbound|backend'));
    expect(text).toContain(`127.0.0.1:${plain.port('frontend-0.tiny/outbound/backend')}`);
    expect(text).toContain("replace(':authority', 'backend')");
  });
});

it('refuses a call to a place that is not on this machine', async () => {
  const external = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: bank, namespace: tiny }
spec:
  hosts: [api.bank.example]
  resolution: DNS
  ports: [{ number: 80, name: http, protocol: HTTP }]
`;
  await expect(localise(external)).resolves.toBeDefined();
  const caller = external.concat(`---
apiVersion: apps/v1
kind: Deployment
metadata: { name: intruder, namespace: tiny }
spec:
  selector: { matchLabels: { app: intruder } }
  template:
    metadata: { labels: { app: intruder } }
    spec: { containers: [{ name: app, image: x, env: [{ name: BANK, value: "http://api.bank.example" }] }] }
`);
  await expect(localise(caller)).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('api.bank.example') as string,
  });
  const here = caller.replace(
    'resolution: DNS',
    'resolution: STATIC\n  endpoints: [{ address: 127.0.0.1, ports: { http: 9 } }]',
  );
  await expect(localise(here)).resolves.toBeDefined();
});

it('leaves nothing that upstream Envoy does not know, or that points off loopback', () => {
  const encoder = createResourceEncoder(createProtoJson(createSchema()));
  for (const [pod, config] of plain.configs) {
    expect(() => encoder.encode(pod, config)).not.toThrow();
    const text = JSON.stringify(Object.values(config).map((resources) => [...resources.values()]));
    expect(text).not.toMatch(
      /"istio\.(metadata_exchange|alpn|stats)"|sds-grpc|ORIGINAL_DST|"10\.0\.\d/,
    );
    expect(text).not.toContain('"cluster":"PassthroughCluster"');
  }
});
