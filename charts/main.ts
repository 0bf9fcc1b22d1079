import { join, resolve } from 'node:path';
import { WindtunnelError } from '../src/errors.ts';
import { checkManifests } from '../src/synth/check.ts';
import { writeFolder } from '../src/synth/files.ts';

// What `cdk8s synth` runs, as cdk8s.yaml says; it names the folder in CDK8S_OUTDIR.
const project = join(import.meta.dirname, '..');
const manifests = join(project, 'manifests');
const folder = resolve(process.env.CDK8S_OUTDIR ?? manifests);
try {
  // Loaded here, so that a declaration that contradicts itself ends in a message, not in a stack trace.
  const { renderManifests } = await import('./app.ts');
  const { renderAddons } = await import('./addons.ts');
  const { topology } = await import('../services/topology.ts');
  const files = renderManifests(topology);
  const addons = renderAddons(topology);
  await checkManifests(files);
  await checkManifests(addons);
  await writeFolder(folder, files);
  // Whoever names another folder wants nothing else touched.
  if (folder === manifests) await writeFolder(join(project, 'addons'), addons);
} catch (thrown) {
  const { message, next } = WindtunnelError.from(thrown);
  process.stderr.write(`${message}\n${next === undefined ? '' : `Next: ${next}\n`}`);
  if (process.env.CDK8S_OUTDIR !== undefined) {
    // cdk8s removes the folder before it runs this; `windtunnel synth` touches nothing that it can't replace.
    process.stderr.write(
      `cdk8s emptied ${folder} before: \`git checkout -- ${folder}\` restores it.\n`,
    );
  }
  process.exitCode = 1;
}
