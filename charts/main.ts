import { join } from 'node:path';
import { WindtunnelError } from '../src/errors.ts';
import { checkManifests } from '../src/synth/check.ts';
import { writeFolder } from '../src/synth/files.ts';

// What `cdk8s synth` runs, as cdk8s.yaml says; it names the folder in CDK8S_OUTDIR.
const folder = process.env.CDK8S_OUTDIR ?? join(import.meta.dirname, '..', 'manifests');
try {
  // Loaded here, so that a declaration that contradicts itself ends in a message, not in a stack trace.
  const { renderManifests } = await import('./app.ts');
  const { topology } = await import('../services/topology.ts');
  const files = renderManifests(topology);
  await checkManifests(files);
  await writeFolder(folder, files);
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
