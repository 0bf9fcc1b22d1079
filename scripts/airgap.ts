import { join } from 'node:path';
import { images } from '../charts/addons/observability/images.ts';
import { cacheFolder } from '../src/provision/cache.ts';
import { imageName } from '../src/cluster/observability/image-name.ts';
import { makeImage } from './airgap/make-image.ts';
import { run } from './airgap/run.ts';
import { standIns } from './airgap/stand-ins.ts';

// Builds stand-ins for images that can't be pulled where no image registry is reachable, under the names and versions that
// the charts use: node scripts/airgap.ts [IMAGE...]. What is there already stays; what can't be made is said by name.
const known = Object.keys(images) as (keyof typeof images)[];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = wanted.filter((name) => !known.includes(name as keyof typeof images));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (unknown.length > 0) {
  process.stderr.write(`airgap: unknown: ${unknown.join(', ')}; known are ${known.join(', ')}\n`);
  process.exit(2);
}
const docker = await run('docker', ['version', '--format', '{{.Server.Version}}'], 20_000);
if (!docker.ok) {
  process.stderr.write(`airgap: docker is not reachable: ${docker.reason}\n`);
  process.exit(1);
}
const folder = join(cacheFolder(process.env), 'airgap');
let failures = 0;
for (const name of known.filter((one) => wanted.includes(one))) {
  const startedMs = performance.now();
  const image = imageName(images[name]);
  const standIn = standIns[name];
  const result =
    standIn === undefined
      ? {
          type: 'impossible' as const,
          reason: 'no program of its own can be had from a package registry',
        }
      : await makeImage(image, standIn, { folder, say });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  switch (result.type) {
    case 'there':
      say(`${image}: there already (${result.what})`);
      break;
    case 'made':
      say(`${image}: made of ${result.what}, ${seconds} s`);
      break;
    case 'impossible':
      say(`${image}: left out: ${result.reason}`);
      break;
    case 'failed':
      failures++;
      say(`${image}: failed after ${seconds} s: ${result.reason}`);
      break;
  }
}
process.exitCode = failures === 0 ? 0 : 1;
