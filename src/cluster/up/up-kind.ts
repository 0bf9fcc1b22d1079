import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import type { Progress } from '../../progress.ts';
import type { AppliedResource } from '../apply/apply-object.ts';
import { buildImages } from '../images/build-images.ts';
import type { ImageSpec } from '../images/context.ts';
import { imagesOf } from '../images/in-manifests.ts';
import { loadImages } from '../images/load.ts';
import { type Kube, openKube } from '../kube/client.ts';
import { applyProfiles, readProfiles } from './deploy.ts';
import { fitProfiles } from './fit-profiles.ts';
import { installIstio, readIstioWish } from './istio.ts';
import {
  createKindCluster,
  findKindCluster,
  type KindCluster,
  kindConfig,
  kindDefaults,
  kindKubeconfig,
  readKindConfig,
  startKindCluster,
} from '../tools/kind.ts';
import { machineFacts } from './machine.ts';
import { judgeMachine, throwFailures } from './preflight.ts';
import { sayingWhatStays } from './saying-what-stays.ts';
import { createTools, type Tools } from '../tools/tool.ts';

/** What both ways to bring a cluster up need. */
export interface UpOptions {
  projectDir: string;
  env: Record<string, string | undefined>;
  progress: Progress;
  signal: AbortSignal;
  /** Also the profile of Prometheus, Jaeger and Kiali. */
  observability: boolean;
  images: { shop: ImageSpec; cli: ImageSpec };
}

/** A cluster that is up. */
export interface UpResult {
  /** Name of the kubeconfig's context. */
  context: string;
  applied: AppliedResource[];
  /** The options of `windtunnel down` that undo it. */
  down: string;
}

/** What `windtunnel up --target kind` was asked for. */
export interface UpKindOptions extends UpOptions {
  /** @default as kind-config.yaml names it */
  name?: string;
  port?: number;
}

const apiTimeoutMs = 120_000;

/**
 * Brings the system up on a kind cluster: makes the cluster if there is none, installs Istio, builds and loads the images, applies
 * the manifests and waits until all is ready. Each step does only what is missing. Throws `preflight` and the like before
 * anything is changed; later errors say what is left.
 */
export async function upKind(options: UpKindOptions): Promise<UpResult> {
  const { projectDir, env, progress, signal, images } = options;
  const tools = createTools(env, signal);
  const configText = await readKindConfig(projectDir);
  const defaults = kindDefaults(configText);
  const name = options.name ?? defaults.name;
  const port = { wanted: options.port ?? defaults.port, asked: options.port !== undefined };
  const wish = await readIstioWish(projectDir, env);
  const profiles = await readProfiles(projectDir, options.observability);
  const {
    facts,
    cluster: found,
    findings,
  } = await progress.step('preflight', async () => {
    const findCluster = (): Promise<KindCluster | undefined> => findKindCluster(tools, name);
    const seen = await machineFacts({ tools, name, port, findCluster });
    const judged = judgeMachine(seen.facts, options.observability);
    throwFailures(judged);
    return { ...seen, findings: judged };
  });
  for (const { message, next } of findings) progress.note(`  ! ${message}\n      ${next}`);
  const built = await buildImages({ tools, projectDir, progress, specs: Object.values(images) });
  const plan = await fitProfiles(profiles, { progress, docker: tools });
  const cluster = await ensureCluster({ ...options, name, tools, found, configText });
  const down = downOf(cluster);
  const stays = `the cluster '${name}' stays, with what is done so far; windtunnel down ${down} undoes it`;
  return sayingWhatStays(stays, options, async () => {
    const kubeconfig = await kindKubeconfig(tools, name);
    const kube = openKube({ type: 'text', kubeconfig });
    await untilApiAnswers(kube, progress, signal);
    const named = [...wish.images, ...plan.flatMap(({ resources }) => imagesOf(resources))];
    await loadImages({ tools, cluster, names: [...named, ...built.keys()], progress });
    const version = facts.tools.istioctl ?? '';
    await progress.step('Istio', async (step) => {
      const install = { tools, kube, kubeconfig, wish, version, step };
      step.update(await installIstio(install));
    });
    const applied = await applyProfiles(plan, built, { kube, progress, signal });
    return { context: `kind-${name}`, applied, down };
  });
}

interface EnsureCluster extends UpKindOptions {
  name: string;
  tools: Tools;
  found: KindCluster | undefined;
  configText: string;
}

async function ensureCluster(options: EnsureCluster): Promise<KindCluster> {
  const { name, tools, found, configText, port, env, progress } = options;
  return progress.step(`kind cluster '${name}'`, async (step) => {
    if (found === undefined) {
      const config = kindConfig(configText, name, port);
      await createKindCluster({ tools, name, config, env, step, note: progress.note });
      const made = await findKindCluster(tools, name);
      if (made !== undefined) {
        step.update(`made; context kind-${name}`);
        return made;
      }
      throw new WindtunnelError('internal', `kind made '${name}', and Docker has no such node`);
    }
    if (!found.running) {
      step.update('it was stopped; starting its node');
      await startKindCluster(tools, found);
    } else
      step.update(found.ours ? 'is there' : 'is there; made by another, so it will not be deleted');
    return found;
  });
}

/** A cluster that was stopped takes a while to serve again. */
async function untilApiAnswers(kube: Kube, progress: Progress, signal: AbortSignal): Promise<void> {
  const answers = (): Promise<boolean> =>
    kube.core.listNode({ limit: 1 }).then(
      () => true,
      () => false,
    );
  if (await answers()) return;
  await progress.step('Kubernetes answers', async () => {
    const endMs = performance.now() + apiTimeoutMs;
    while (performance.now() < endMs) {
      await sleep(1000, undefined, { signal });
      if (await answers()) return;
    }
    throw new WindtunnelError(
      'unreachable',
      `its API server has not answered for ${apiTimeoutMs / 1000} s`,
      {
        next: 'docker ps shows whether its node runs; windtunnel down --target kind deletes it',
      },
    );
  });
}

/** Of a cluster that another made, only what was applied is taken away. */
function downOf({ name, ours }: KindCluster): string {
  return ours ? `--target kind --cluster ${name}` : `--target current --context kind-${name}`;
}
