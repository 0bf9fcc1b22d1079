import { join } from 'node:path';
import { topology } from '../services/topology.ts';
import { writeFolder } from '../src/synth/files.ts';
import { renderManifests } from './app.ts';

// What `cdk8s synth` runs, as cdk8s.yaml says; it names the folder in CDK8S_OUTDIR.
const folder = process.env.CDK8S_OUTDIR ?? join(import.meta.dirname, '..', 'manifests');
await writeFolder(folder, renderManifests(topology));
