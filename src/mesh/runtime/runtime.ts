import type { ChangeReport } from '../../target/target.ts';
import { type Configuration, createConfigurator } from './configurator.ts';
import { acknowledgeTimeoutMs, enforce } from './enforce.ts';
import { differences, effective, type Layers } from './layers.ts';
import type { Runtime, RuntimeOptions } from './options.ts';
import { makePlan, type Plan } from './plan.ts';
import { withPlainProxies } from './plain-proxies.ts';
import { createPodSet, type PodSetHooks } from './pod-set.ts';

export type { Runtime, RuntimeOptions } from './options.ts';

const takenOutTimeoutMs = 2000;

/** What is in force, replaced as one. */
interface InForce {
  layers: Layers;
  plan: Plan;
  /** Authorities opened on request, by workload key. */
  extra: Map<string, string[]>;
  configuration: Configuration;
}

/** Makes the {@link Runtime} of an instance; nothing runs yet. Throws what {@link makePlan} throws. */
export function createRuntime(options: RuntimeOptions, first: Layers): Runtime {
  const { ports, ads } = options;
  const failed = (thrown: unknown): void => options.podFailed(String(thrown));
  const serial = createSerial();
  const rollout = createSerial();
  let now: InForce = {
    layers: first,
    plan: makePlan(effective(first)),
    extra: new Map(),
    configuration: new Map(),
  };

  const refresh = async (types: ('cds' | 'eds' | 'sds')[]): Promise<void> => {
    now = { ...now, configuration: await configurator.encode(now.plan) };
    for (const [id, config] of now.configuration) ads.replace(id, types, config);
  };
  const settled = async (timeoutMs: number): Promise<void> => {
    await Promise.all([...now.configuration.keys()].map((id) => ads.settled(id, timeoutMs)));
  };
  const hooks: PodSetHooks = {
    readinessChanged: () => void serial(() => refresh(['cds', 'eds'])).catch(() => {}),
    takenOut: () => serial(() => refresh(['cds', 'eds']).then(() => settled(takenOutTimeoutMs))),
    gone: (podId) => ads.forget(podId),
  };
  const pods = withPlainProxies(createPodSet(options, hooks), { ports, random: Math.random });
  const configurator = createConfigurator(options, pods.isReady);

  const adopt = async (layers: Layers, extra: InForce['extra']): Promise<ChangeReport> => {
    const startedMs = performance.now();
    const plan = makePlan(effective(layers), extra);
    await configurator.allotPorts(plan);
    const specs = pods.specsOf(plan);
    const configuration = await configurator.encode(plan);
    const proxies = await enforce(ads, now.configuration, configuration);
    const changed = differences(now.plan.resources, plan.resources);
    now = { layers, plan, extra, configuration };
    void rollout(() => pods.reconcile(plan, specs)).catch(failed);
    return { changed, proxies, enforcedMs: performance.now() - startedMs };
  };

  return {
    plan: () => now.plan,
    layers: () => now.layers,
    pods: pods.all,
    change: (next) => serial(() => adopt(next(now.layers), now.extra)),
    open: (workload, authority) =>
      serial(async () => {
        const extra = withAuthority(now.extra, workload, authority);
        if (extra !== now.extra) await adopt(now.layers, extra);
      }),
    refreshSecrets: () => serial(() => refresh(['sds'])),
    port: (key) => ports.get(key),
    accessLogFile: configurator.accessLogFile,
    start: async (startOptions) => {
      await configurator.allotPorts(now.plan);
      const specs = pods.specsOf(now.plan);
      const configuration = await configurator.encode(now.plan);
      now = { ...now, configuration };
      for (const [id, config] of configuration) ads.prepare(id, config);
      await pods.start(now.plan, specs, startOptions);
      // The last pod's endpoints are on their way to the others now.
      await serial(() => refresh(['cds', 'eds']));
      await settled(acknowledgeTimeoutMs);
    },
    stop: pods.stop,
  };
}

/** Runs one piece of work at a time: each begins with what the one before it left. */
function createSerial() {
  let queue: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work);
    queue = next.catch(() => undefined);
    return next;
  };
}

function withAuthority(
  extra: InForce['extra'],
  workload: string,
  authority: string,
): InForce['extra'] {
  const known = extra.get(workload) ?? [];
  return known.includes(authority) ? extra : new Map(extra).set(workload, [...known, authority]);
}
