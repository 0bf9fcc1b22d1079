import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { accessLogFields } from '../../target/access-log.ts';
import { readIstioWish } from './istio.ts';
import {
  createKindCluster,
  ingressNodePort,
  kindConfig,
  kindDefaults,
  plainLine,
  readKindConfig,
} from '../tools/kind.ts';
import { mergeOperators, sameFormat } from './operator.ts';
import type { Tools } from '../tools/tool.ts';

const up = dirname(fileURLToPath(import.meta.url));
const projectDir = dirname(dirname(dirname(up)));

interface Operator {
  spec: {
    hub?: string;
    tag?: string;
    meshConfig: Record<string, string>;
    components: { ingressGateways: Gateway[] };
  };
}
interface Gateway {
  name: string;
  label?: object;
  k8s: {
    service: { type: string; ports: { port: number; nodePort?: number }[] };
    resources?: object;
  };
}

const installed = async (env: Record<string, string>): Promise<Operator> =>
  parse((await readIstioWish(projectDir, env)).operator) as Operator;

test('istio/install.yaml logs the fields that proofs and experiments read, and no others', async () => {
  const { meshConfig } = (await installed({})).spec;
  expect(meshConfig).toMatchObject({ accessLogFile: '/dev/stdout', accessLogEncoding: 'JSON' });
  expect(JSON.parse(meshConfig.accessLogFormat ?? '')).toEqual(accessLogFields);
});

test('the gateway of istio/install.yaml listens where kind-config.yaml leads to', async () => {
  const [gateway] = (await installed({})).spec.components.ingressGateways;
  expect(gateway).toMatchObject({
    name: 'istio-ingressgateway',
    label: { istio: 'ingressgateway' },
  });
  const http = gateway?.k8s.service.ports.find(({ port }) => port === 80);
  expect(http?.nodePort).toBe(ingressNodePort);
  expect(kindDefaults(await readKindConfig(projectDir))).toEqual({
    name: 'windtunnel',
    port: 8080,
  });
});

test('an operator file laid over another merges gateways by name, where istioctl would replace the list', () => {
  const base = `
kind: IstioOperator
spec:
  hub: theirs
  components:
    ingressGateways:
      - {name: in, k8s: {service: {type: NodePort, ports: [{name: http2, port: 80, nodePort: 30080}]}}}
`;
  const over = `
kind: IstioOperator
spec:
  tag: '2'
  components: {ingressGateways: [{name: in, k8s: {resources: {requests: {cpu: 10m}}}}, {name: other}]}
`;
  const files = [
    { name: 'a', text: base },
    { name: 'b', text: over },
  ];
  const { spec } = parse(mergeOperators(files, { spec: { hub: 'ours' } })) as Operator;
  expect(spec).toMatchObject({ hub: 'ours', tag: '2' });
  const [gateway, other] = spec.components.ingressGateways;
  expect(gateway?.k8s).toEqual({
    service: { type: 'NodePort', ports: [{ name: 'http2', port: 80, nodePort: 30_080 }] },
    resources: { requests: { cpu: '10m' } },
  });
  expect(other).toEqual({ name: 'other' });
});

test('a file that is no IstioOperator is refused by its name', async () => {
  const wrong = { ISTIO_VALUES: `${projectDir}/kind-config.yaml` };
  await expect(readIstioWish(projectDir, wrong)).rejects.toMatchObject({ code: 'bad-manifest' });
  await expect(readIstioWish(projectDir, { ISTIO_VALUES: '/nowhere.yaml' })).rejects.toMatchObject({
    code: 'io',
    next: 'Check what ISTIO_VALUES names.',
  });
});

test('ISTIO_HUB and ISTIO_TAG name the images, and those that may be loaded', async () => {
  const env = { ISTIO_HUB: 'local', ISTIO_TAG: 'v1' };
  expect((await installed(env)).spec).toMatchObject({ hub: 'local', tag: 'v1' });
  const { images } = await readIstioWish(projectDir, env);
  expect(images).toEqual(['local/pilot:v1', 'local/proxyv2:v1', 'local/install-cni:v1']);
  expect((await readIstioWish(projectDir, {})).images).toEqual([]);
});

test('access log formats are compared by what they log', () => {
  expect(sameFormat('{ "a": "%X%",\n "b": "%Y%" }', '{"b":"%Y%","a":"%X%"}')).toBe(true);
  expect(sameFormat('{"a":"%X%"}', '{"a":"%Y%"}')).toBe(false);
  expect(sameFormat('[%START_TIME%]', '{}')).toBe(false);
});

test('the cluster gets its name, its port and the mark that down looks for', async () => {
  const text = await readKindConfig(projectDir);
  const config = parse(kindConfig(text, 'two', 9090)) as Record<string, unknown>;
  expect(config).toMatchObject({
    name: 'two',
    nodes: [
      {
        labels: { 'windtunnel.dev/made-by': 'up' },
        extraPortMappings: [{ hostPort: 9090, containerPort: 30_080, listenAddress: '127.0.0.1' }],
      },
    ],
  });
});

test('a cluster that kind has already is refused, and not taken for a half-made one', async () => {
  const ran: string[][] = [];
  const tools: Tools = {
    run: async (_name, args) => {
      ran.push(args);
      const stderr =
        'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "two"';
      return { status: 1, stdout: '', stderr };
    },
    output: () => Promise.reject(new Error('nothing is to be deleted')),
  };
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  const step = { update: () => {} };
  const options = { tools, name: 'two', config: '', env: { PATH: '/nowhere' }, step, note };
  await expect(createKindCluster(options)).rejects.toMatchObject({ code: 'not-ours' });
  expect(ran).toHaveLength(1);
  expect(notes).toEqual([]);
});

test("kind's progress loses its signs", () => {
  expect(plainLine(' ✓ Preparing nodes 📦 ')).toBe('Preparing nodes');
  expect(plainLine(' • Ensuring node image (kindest/node:v1.34.0) 🖼  ...')).toBe(
    'Ensuring node image (kindest/node:v1.34.0)',
  );
});
