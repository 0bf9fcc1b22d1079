import type { ChangeReport } from '../control.ts';
import { type Configuration, createConfigurator } from './configurator.ts';
import { acknowledgeTimeoutMs, enforce } from './enforce.ts';
import { differences, effective, type Layers } from './layers.ts';
import type { Runtime, RuntimeOptions } from './options.ts';
import { makePlan } from './plan.ts';
import { createPodSet, type PodSet } from './pod-set.ts';

export type { Runtime, RuntimeOptions } from './options.ts';

const takenOutTimeoutMs = 2000;

/** Runs one piece of work at a time: each begins with what the one before it left. */
const createSerial = () => {
  let queue: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work);
    queue = next.catch(() => undefined);
    return next;
  };
};

/** Makes the {@link Runtime} of an instance; nothing runs yet. Throws what {@link makePlan} throws. */
export function createRuntime(options: RuntimeOptions, first: Layers): Runtime {
  const { ports, ads } = options;
  const serial = createSerial();
  const rollout = createSerial();
  let layers = first;
  let plan = makePlan(effective(first));
  let extra = new Map<string, string[]>();
  let current: Configuration = new Map();

  const refresh = async (types: ('cds' | 'eds' | 'sds')[]): Promise<void> => {
    current = await configurator.encode(plan);
    for (const [id, config] of current) ads.replace(id, types, config);
  };
  const pods: PodSet = createPodSet(options, {
    readinessChanged: () => void serial(() => refresh(['cds', 'eds'])).catch(() => {}),
    takenOut: () =>
      serial(async () => {
        await refresh(['cds', 'eds']);
        await Promise.allSettled(
          [...current.keys()].map((node) => ads.settled(node, takenOutTimeoutMs)),
        );
      }),
    gone: (podId) => ads.forget(podId),
  });
  const configurator = createConfigurator(options, pods.isReady);

  const adopt = async (
    nextLayers: Layers,
    nextExtra: Map<string, string[]>,
  ): Promise<ChangeReport> => {
    const startedMs = performance.now();
    const nextPlan = makePlan(effective(nextLayers), nextExtra);
    await configurator.allotPorts(nextPlan);
    const specs = pods.specsOf(nextPlan);
    const next = await configurator.encode(nextPlan);
    const proxies = await enforce(ads, current, next);
    const changed = differences(plan.resources, nextPlan.resources);
    layers = nextLayers;
    extra = nextExtra;
    plan = nextPlan;
    current = next;
    void rollout(() => pods.reconcile(nextPlan, specs)).catch((thrown: unknown) =>
      options.podFailed(String(thrown)),
    );
    return { changed, proxies, enforcedMs: performance.now() - startedMs };
  };

  return {
    plan: () => plan,
    layers: () => layers,
    pods: pods.all,
    change: (next) => serial(() => adopt(next(layers), extra)),
    open: (workload, authority) =>
      serial(async () => {
        const known = extra.get(workload) ?? [];
        if (known.includes(authority)) return;
        await adopt(layers, new Map(extra).set(workload, [...known, authority]));
      }),
    refreshSecrets: () => serial(() => refresh(['sds'])),
    port: (key) => ports.get(key),
    accessLogFile: configurator.accessLogFile,
    start: async (startOptions) => {
      await configurator.allotPorts(plan);
      const specs = pods.specsOf(plan);
      current = await configurator.encode(plan);
      for (const [id, config] of current) ads.prepare(id, config);
      await pods.start(plan, specs, startOptions);
      // The last pod's endpoints are on their way to the others now.
      await serial(() => refresh(['cds', 'eds']));
      await Promise.all([...current.keys()].map((id) => ads.settled(id, acknowledgeTimeoutMs)));
    },
    stop: pods.stop,
  };
}
