// A mesh in a process of its own, for tests that kill it. usage: node run-tiny-mesh.ts PROJECT_DIR IMAGES_FILE
import { silentProgress } from '../../src/progress.ts';
import { startMesh } from '../../src/mesh/mesh.ts';

const [projectDir = '', imagesFile = ''] = process.argv.slice(2);
await startMesh({
  projectDir,
  imagesFile,
  progress: silentProgress,
  signal: AbortSignal.timeout(60_000),
});
process.stdout.write('up\n');
