import { join } from 'node:path';
import { topology } from '../services/topology.ts';
import { WindtunnelError } from '../src/errors.ts';
import { checkManifests } from '../src/synth/check.ts';
import { writeFolder } from '../src/synth/files.ts';
import { renderManifests } from './app.ts';

// What `cdk8s synth` runs, as cdk8s.yaml says; it names the folder in CDK8S_OUTDIR.
const folder = process.env.CDK8S_OUTDIR ?? join(import.meta.dirname, '..', 'manifests');
try {
  const files = renderManifests(topology);
  await checkManifests(files);
  await writeFolder(folder, files);
} catch (thrown) {
  const { message, next } = WindtunnelError.from(thrown);
  process.stderr.write(`${message}\n${next === undefined ? '' : `Next: ${next}\n`}`);
  process.exitCode = 1;
}
