import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topology } from '../services/topology.ts';
import { newRequestContext } from '../src/call/outcome.ts';
import { sendCall } from '../src/call/send.ts';
import { silentProgress } from '../src/progress.ts';
import { loadResources, parseResources } from '../src/manifests/load.ts';
import type { Resource } from '../src/manifests/world.ts';
import type { Entry } from '../src/target/target.ts';
import { type RunningMesh, startMesh } from '../src/mesh/mesh.ts';
import { buildCall } from '../src/topology/calls.ts';
import { allowedEdges, hostOf, operationNamed } from '../src/topology/derive.ts';
import { INGRESS } from '../src/topology/model.ts';

const projectDir = dirname(dirname(fileURLToPath(import.meta.url)));
const signal = AbortSignal.timeout(300_000);
const workloads = topology.services.map(({ name }) => name);
/** Every identity that a call may come with: each service's, and the ingress gateway's. */
const callers = [...workloads, INGRESS];
const operations = topology.services.flatMap(({ operations }) => operations.map(({ id }) => id));
const declared = new Set(
  allowedEdges(topology).map(({ caller, operation }) => `${caller}->${operation}`),
);

// The Sidecar resources already keep a caller from undeclared hosts. They are opened here, so that what is
// tested is the callee's own refusal of an identity, not the caller's lack of a route.
const openEgress = workloads
  .map(
    (name) => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: ${name}, namespace: ${topology.namespace}}
spec:
  workloadSelector: {labels: {app: ${name}}}
  egress: [{hosts: ["./*"]}]
`,
  )
  .join('---');

// The same for the gateway, which routes to the storefront only: every service under a host name of its own.
const openGateway = topology.services
  .map(
    ({ name, port }) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: open-${name}, namespace: ${topology.namespace}}
spec:
  hosts: [${name}.test]
  gateways: [storefront]
  http: [{route: [{destination: {host: ${hostOf(topology, name)}, port: {number: ${port}}}}]}]
`,
  )
  .join('---');

describe('who may call what on the running mesh', () => {
  let mesh: RunningMesh;

  beforeAll(async () => {
    mesh = await startMesh({
      projectDir,
      name: `test-authorization-${process.pid}`,
      progress: silentProgress,
      signal,
      watch: false,
    });
    await mesh.control.apply('test', parseResources(`${openEgress}---${openGateway}`, 'open.yaml'));
  });
  afterAll(async () => {
    await mesh?.stop();
    if (mesh) rmSync(mesh.folder, { recursive: true, force: true });
  });

  const entryOf = async (caller: string, service: string, authority: string): Promise<Entry> => {
    if (caller !== INGRESS) return mesh.control.entry(caller, authority);
    const { entry } = await mesh.control.status();
    return { address: '127.0.0.1', port: entry?.port ?? 0, authority: `${service}.test` };
  };

  /** What the mesh says to a call: the callee's sidecar lets it in, or refuses it. */
  const verdict = async (caller: string, operation: string): Promise<'allowed' | 'refused'> => {
    const { protocol, service } = operationNamed(topology, operation);
    const call = buildCall(topology, operation, {});
    const path = call.protocol === 'http' ? call.path.replaceAll(/\{\w+\}/g, 'none') : call.path;
    const entry = await entryOf(caller, service, call.authority);
    const { headers } = newRequestContext();
    const outcome = await sendCall(
      { ...call, path },
      {
        projectDir,
        entry,
        headers,
        signal,
      },
    );
    const refused = protocol === 'http' ? 403 : 7;
    if (outcome.code === refused && outcome.problem?.includes('RBAC: access denied')) {
      return 'refused';
    }
    // Any answer of the service itself will do: a 404 has been let in, too. No answer at all has not.
    expect(outcome.code, `${caller}->${operation}: ${outcome.problem}`).toBeDefined();
    expect(outcome.problem ?? '', `${caller}->${operation}`).not.toMatch(/upstream|no healthy/);
    return 'allowed';
  };

  test('from every identity exactly the declared edges are let in', async () => {
    const allowed: string[] = [];
    for (const caller of callers) {
      for (const operation of operations) {
        if ((await verdict(caller, operation)) === 'allowed')
          allowed.push(`${caller}->${operation}`);
      }
    }
    expect(allowed.sort()).toEqual([...declared].sort());
  });

  test('without any single rule of an AuthorizationPolicy a declared edge is refused', async () => {
    const policies = (await loadResources([join(projectDir, 'manifests')])).filter(
      ({ kind }) => kind === 'AuthorizationPolicy',
    );
    const rulesOf = (policy: Resource): unknown[] =>
      (policy.body.spec as { rules?: unknown[] }).rules ?? [];
    let tried = 0;
    for (const policy of policies) {
      const service = policy.metadata.name;
      const edges = [...declared].filter((edge) => edge.includes(`->${service}.`));
      for (const index of rulesOf(policy).keys()) {
        const rules = rulesOf(policy).filter((_rule, other) => other !== index);
        const spec = { ...(policy.body.spec as object), rules };
        await mesh.control.apply('mutation', [{ ...policy, body: { ...policy.body, spec } }]);
        const refused: string[] = [];
        for (const edge of edges) {
          const [caller = '', operation = ''] = edge.split('->');
          if ((await verdict(caller, operation)) === 'refused') refused.push(edge);
        }
        await mesh.control.revert('mutation');
        expect(refused, `${service} without rule ${index}`).not.toEqual([]);
        tried++;
      }
    }
    expect(tried).toBe(declared.size);
  });
});
