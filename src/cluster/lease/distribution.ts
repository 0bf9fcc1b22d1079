import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import { askPort } from '../kube/ask-port.ts';
import type { Kube } from '../kube/client.ts';
import { type Istiod, needIstiods } from '../kube/istiods.ts';
import { forwardConnection } from '../kube/port-forward.ts';
import { readLook } from './istiod.ts';
import { type Expected, type IstiodLook, judge, startWatching, type Watching } from './settle.ts';

/** Knows when the sidecars have what was changed. */
export interface Distribution {
  /** Looks before anything is changed. */
  begin(): Promise<DistributionWatch>;
}

/** What {@link Distribution.begin} gives. */
export interface DistributionWatch {
  /**
   * Resolves to the number of proxies that acknowledged something, when all that `expected` lists is in force. Rejects
   * with `rejected` when an Envoy refuses it, `timeout` when it takes too long.
   */
  settled(expected: readonly Expected[]): Promise<number>;
}

const waitMs = 30_000;
const pollMs = 50;
/** Where istiod answers questions about itself to processes of its own pod; and its metrics. */
const ports = { debug: 8080, metrics: 15_014 } as const;

/** Asks every istiod of the cluster; see `judge` for what it asks. Costs some 30 ms a look, and half a second a change. */
export function createDistribution(
  kube: Kube,
  nowMs: () => number = () => performance.now(),
): Distribution {
  return {
    async begin() {
      const istiods = await needIstiods(kube);
      const watched = await Promise.all(
        istiods.map(async (istiod) => ({
          istiod,
          watching: startWatching(await look(kube, istiod), nowMs()),
        })),
      );
      return {
        async settled(expected) {
          if (expected.length === 0) return 0;
          const proxies = await Promise.all(
            watched.map((one) => settleOne(kube, one, expected, nowMs)),
          );
          return proxies.reduce((sum, count) => sum + count, 0);
        },
      };
    },
  };
}

async function settleOne(
  kube: Kube,
  { istiod, watching }: { istiod: Istiod; watching: Watching },
  expected: readonly Expected[],
  nowMs: () => number,
): Promise<number> {
  const endMs = nowMs() + waitMs;
  let waitingFor = '';
  while (nowMs() < endMs) {
    const judgement = judge(watching, await look(kube, istiod), expected, nowMs());
    if (judgement.type === 'settled') return judgement.proxies;
    if (judgement.type === 'refused') {
      throw new WindtunnelError(
        'rejected',
        `Envoy refused the configuration at ${judgement.proxies.join(', ')}`,
        {
          next: `The reason is in the log of istiod: kubectl logs -n ${istiod.namespace} ${istiod.pod}`,
        },
      );
    }
    waitingFor = judgement.for;
    await sleep(pollMs);
  }
  throw new WindtunnelError(
    'timeout',
    `the change is not in force everywhere after ${waitMs / 1000} s: still waiting for ${waitingFor}`,
    { next: 'istioctl proxy-status tells which sidecar is behind.' },
  );
}

async function look(kube: Kube, istiod: Istiod): Promise<IstiodLook> {
  // The proxies last: what they have then is at least what the rest tells of.
  const [configz, metrics] = await Promise.all([
    ask(kube, istiod, ports.debug, '/debug/configz'),
    ask(kube, istiod, ports.metrics, '/metrics'),
  ]);
  return readLook(configz, await ask(kube, istiod, ports.debug, '/debug/syncz'), metrics);
}

/** One GET to a port of istiod's pod. */
async function ask(
  kube: Kube,
  { namespace, pod }: Istiod,
  port: number,
  path: string,
): Promise<string> {
  const connection = forwardConnection(kube, { namespace, pod, port });
  const headers = { connection: 'close' };
  try {
    return await askPort({
      host: '127.0.0.1',
      path,
      headers,
      createConnection: () => connection,
    });
  } catch (cause) {
    throw new WindtunnelError(
      'unreachable',
      `istiod ${namespace}/${pod} does not say what it has sent, ${path}: ${(cause as Error).message}`,
      {
        cause,
        next: `Check that your user may forward its ports: kubectl port-forward -n ${namespace} ${pod} ${port}`,
      },
    );
  } finally {
    connection.destroy();
  }
}
