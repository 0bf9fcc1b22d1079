import { buildImages } from '../images/build-images.ts';
import { imagesOf } from '../images/in-manifests.ts';
import { loadImages } from '../images/load.ts';
import { type Kube, openKube } from '../kube/client.ts';
import { applyProfiles, type KnownImage, readProfiles } from './deploy.ts';
import { fitProfiles } from './fit-profiles.ts';
import { istioFacts, judgeIstio } from './istio-facts.ts';
import { findKindCluster } from '../tools/kind.ts';
import { throwFailures } from './preflight.ts';
import { sayingWhatStays } from './saying-what-stays.ts';
import { createTools, type Tools } from '../tools/tool.ts';
import type { UpOptions, UpResult } from './up-kind.ts';

/** What `windtunnel up --target current` was asked for. */
export interface UpCurrentOptions extends UpOptions {
  /** @default the current one of the kubeconfig */
  context?: string;
  /** Where our images are pushed to, and pulled from by the nodes, e.g. `ghcr.io/me`. */
  registry?: string;
}

const pushTimeoutMs = 900_000;

/**
 * Brings the system up on the cluster of a kubeconfig context, which has Istio already. Changes nothing but what it applies.
 * Throws `unreachable`, `preflight` or `not-ours` before anything is changed.
 */
export async function upCurrent(options: UpCurrentOptions): Promise<UpResult> {
  const { projectDir, env, progress, signal, context } = options;
  const tools = createTools(env, signal);
  const profiles = await readProfiles(projectDir, options.observability);
  const kube = openKube({ type: 'default', context });
  await progress.step(`preflight of context '${kube.context}'`, async () =>
    throwFailures(judgeIstio(await istioFacts(kube, signal))),
  );
  const kind = options.registry === undefined ? await kindBehind(kube, tools) : undefined;
  const plan = await fitProfiles(profiles, { progress, docker: kind && tools });
  const named = plan.flatMap(({ resources }) => imagesOf(resources));
  const images = await provideImages(kind, named, tools, options);
  const stays =
    'what has been applied by now, if anything, stays; windtunnel down --target current takes it away';
  const applied = await sayingWhatStays(stays, options, () =>
    applyProfiles(plan, images, { kube, progress, signal }),
  );
  return { context: kube.context, applied, down: `--target current --context ${kube.context}` };
}

/** Brings our images to where the nodes find them: into a kind cluster's node, or to a registry; else that is the user's. */
async function provideImages(
  kind: KindNode | undefined,
  named: string[],
  tools: Tools,
  options: UpCurrentOptions,
): Promise<Map<string, KnownImage>> {
  const { projectDir, progress, registry } = options;
  const specs = Object.values(options.images);
  if (registry !== undefined) {
    const built = await buildImages({ tools, projectDir, progress, specs });
    return pushImages(tools, built, registry.replace(/\/+$/, ''), options);
  }
  if (kind !== undefined) {
    const built = await buildImages({ tools, projectDir, progress, specs });
    await loadImages({ tools, cluster: kind, names: [...named, ...built.keys()], progress });
    return built;
  }
  const names = specs.map(({ name }) => name).join(' and ');
  progress.note(
    `  the nodes must have, or be able to pull, ${names}; --registry builds and pushes them`,
  );
  return new Map();
}

/** A kind cluster, as images are loaded into it. */
interface KindNode {
  name: string;
  node: string;
}

/** The kind cluster of a context that kind made; undefined when it is none, or Docker is not here. */
async function kindBehind(kube: Kube, tools: Tools): Promise<KindNode | undefined> {
  const [, name] = /^kind-(.+)$/.exec(kube.context) ?? [];
  if (name === undefined) return undefined;
  return findKindCluster(tools, name).catch(() => undefined);
}

async function pushImages(
  tools: Tools,
  built: ReadonlyMap<string, KnownImage>,
  registry: string,
  { progress }: UpCurrentOptions,
): Promise<Map<string, KnownImage>> {
  return progress.step(`images pushed to ${registry}`, async (step) => {
    const pushed = new Map<string, KnownImage>();
    for (const [image, { id }] of built) {
      const name = `${registry}/${image}`;
      step.update(name);
      await tools.output('docker', ['tag', image, name]);
      await tools.output('docker', ['push', name], {
        timeoutMs: pushTimeoutMs,
        onLine: (line) => step.update(`${name}: ${line.slice(0, 60)}`),
      });
      pushed.set(image, { id, name });
    }
    return pushed;
  });
}
