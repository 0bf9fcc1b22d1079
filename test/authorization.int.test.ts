import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topology } from '../services/topology.ts';
import {
  type Cell,
  type Egress,
  matrixCells,
  measureCells,
  type MeasuredCell,
  measurePlaintext,
} from '../src/call/matrix.ts';
import { openEgress } from '../src/call/open-egress.ts';
import { silentProgress } from '../src/progress.ts';
import { loadResources, parseResources } from '../src/manifests/load.ts';
import type { Resource } from '../src/manifests/world.ts';
import { type RunningMesh, startMesh } from '../src/mesh/mesh.ts';
import { localTarget } from '../src/target/local.ts';
import type { Target } from '../src/target/target.ts';
import { allowedEdges } from '../src/topology/derive.ts';

const projectDir = dirname(dirname(fileURLToPath(import.meta.url)));
const signal = AbortSignal.timeout(300_000);
const cells = matrixCells(topology);
const declared = allowedEdges(topology).map(({ caller, operation }) => ({ caller, operation }));

describe('who may call what on the running mesh', () => {
  let mesh: RunningMesh;
  let target: Target;

  beforeAll(async () => {
    mesh = await startMesh({
      projectDir,
      name: `test-authorization-${process.pid}`,
      progress: silentProgress,
      signal,
      watch: false,
    });
    target = localTarget(mesh.control);
  });
  afterAll(async () => {
    await mesh?.stop();
    if (mesh) rmSync(mesh.folder, { recursive: true, force: true });
  });

  const measure = (egress: Egress, some: readonly Cell[] = cells): Promise<MeasuredCell[]> =>
    measureCells(some, { topology, target, projectDir, egress, signal });
  const wrong = (measured: MeasuredCell[]): MeasuredCell[] =>
    measured.filter(({ verdict, expected }) => verdict !== expected);

  test("as deployed, a caller's own proxy keeps what goes to services it never calls", async () => {
    expect(wrong(await measure('deployed'))).toEqual([]);
  });

  test('from every identity exactly the declared edges are let in by the callees themselves', async () => {
    await target.apply('test', openEgress(topology));
    expect(wrong(await measure('open'))).toEqual([]);
  });

  test('plaintext is refused by every service, and answered where mutual TLS is not asked for', async () => {
    const verdicts = async (): Promise<string[]> =>
      (await measurePlaintext(topology, target, signal)).map(({ verdict }) => verdict);
    expect(new Set(await verdicts())).toEqual(new Set(['refused']));
    const permissive = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: ${topology.namespace}}
spec: {mtls: {mode: PERMISSIVE}}
`;
    await target.apply('permissive', parseResources(permissive, 'permissive.yaml'));
    expect(await verdicts()).toContain('answered');
    await target.revert('permissive');
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
      const edges = declared.filter(({ operation }) => operation.startsWith(`${service}.`));
      for (const index of rulesOf(policy).keys()) {
        const rules = rulesOf(policy).filter((_rule, other) => other !== index);
        const spec = { ...(policy.body.spec as object), rules };
        await target.apply('mutation', [{ ...policy, body: { ...policy.body, spec } }]);
        const measured = await measure('open', edges);
        await target.revert('mutation');
        const refused = measured.filter(({ verdict }) => verdict === 'refused');
        expect(refused, `${service} without rule ${index}`).not.toEqual([]);
        tried++;
      }
    }
    expect(tried).toBe(declared.length);
  });
});
