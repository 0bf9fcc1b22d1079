import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { topology } from '../../services/topology.ts';
import { proveEdges } from '../../src/call/prove.ts';
import { startMesh } from '../../src/mesh/mesh.ts';
import { silentProgress } from '../../src/progress.ts';
import { localTarget } from '../../src/target/local.ts';

/** Folder of the project. */
export const projectDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Brings the whole shop up on a local mesh and makes one real call over every declared edge; resolves to what ends it, without
 * a trace. Throws when an edge is not proven.
 */
export async function upAndProven(name: string, signal: AbortSignal): Promise<() => Promise<void>> {
  const mesh = await startMesh({
    projectDir,
    name,
    progress: silentProgress,
    signal,
    watch: false,
  });
  const end = async (): Promise<void> => {
    await mesh.stop();
    rmSync(mesh.folder, { recursive: true, force: true });
  };
  try {
    const target = localTarget(mesh.control);
    const proofs = await proveEdges({ topology, target, projectDir, signal });
    const failed = proofs.filter(({ proven }) => !proven);
    if (failed.length > 0) throw new Error(`not proven: ${JSON.stringify(failed)}`);
    return end;
  } catch (thrown) {
    await end();
    throw thrown;
  }
}
