import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentProgress } from '../../src/progress.ts';
import { parseResources } from '../../src/manifests/load.ts';
import type { ChangeReport } from '../../src/target/target.ts';
import { type RunningMesh, startMesh } from '../../src/mesh/mesh.ts';

const fixture = fileURLToPath(new URL('../fixtures/bookshop', import.meta.url));
const owner = 'case';

/** The bookshop of the fixture, running on a mesh of its own. */
export interface Bookshop {
  /** Free to be edited. */
  manifests: string;
  mesh: RunningMesh;
  /** Applies YAML in place of what the last call applied. */
  policy(yaml: string): Promise<ChangeReport>;
  /** Loopback port of the sidecar's listener of `workload` for `authority`. */
  entry(workload: string, authority: string): Promise<number>;
  /** Loopback port of a pod by its role, e.g. `app`, `inbound:8000`. */
  portOf(pod: string, role: string): Promise<number>;
  /** Stops the mesh and removes the folder. */
  remove(): Promise<void>;
}

/** Starts the fixture; `prepare` may change its manifests before. */
export async function startBookshop(
  prepare: (manifests: string) => void = () => {},
): Promise<Bookshop> {
  const dir = mkdtempSync(join(tmpdir(), 'bookshop-'));
  const manifests = join(dir, 'manifests');
  cpSync(join(fixture, 'manifests'), manifests, { recursive: true });
  prepare(manifests);
  const mesh = await startMesh({
    projectDir: dir,
    manifests: [manifests],
    imagesFile: join(fixture, 'images.yaml'),
    progress: silentProgress,
    signal: AbortSignal.timeout(100_000),
  });
  const { control } = mesh;
  return {
    manifests,
    mesh,
    policy: async (yaml) => {
      await control.revert(owner);
      return control.apply(owner, parseResources(yaml, 'policy.yaml'));
    },
    entry: async (workload, authority) => (await control.entry(workload, authority)).port,
    portOf: async (pod, role) => {
      const { processes } = await control.status();
      const found = processes.find((one) => one.pod === pod && one.ports[role] !== undefined);
      return found?.ports[role] ?? 0;
    },
    remove: async () => {
      await mesh.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
