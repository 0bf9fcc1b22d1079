import { readdir, readFile } from 'node:fs/promises';
import { buildWorld } from '../../src/manifests/build-world.ts';
import { parseResources } from '../../src/manifests/load.ts';
import { ingressGateway } from '../../src/translate/ingress-gateway.ts';
import type { OracleCase } from './case.ts';

const manifests = new URL('../../manifests/', import.meta.url);

/** Each workload of `manifests/` that has a sidecar, and its ingress gateway: whatever lies there now. */
export async function shopCases(): Promise<OracleCase[]> {
  const names = (await readdir(manifests)).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (names.length === 0) return [];
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, manifests), 'utf8')));
  const text = texts.join('\n---\n');
  const world = buildWorld(parseResources(text, 'manifests'));
  const sidecars = world.workloads
    .filter((workload) => workload.injected)
    .map(
      (workload): OracleCase => ({
        name: `shop-${workload.name}`,
        workload: `${workload.name}.${workload.namespace}`,
        manifests: text,
      }),
    );
  const gateway = ingressGateway(world);
  if (gateway === undefined) return sidecars;
  const workload = `${gateway.name}.${gateway.namespace}`;
  return [...sidecars, { name: 'shop-ingress-gateway', workload, manifests: text, gateway: true }];
}
