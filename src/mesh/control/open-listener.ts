import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import { type Pod, portKeys, workloadKey } from '../pods.ts';
import type { Runtime } from '../runtime/options.ts';
import { tcpProbe } from '../runtime/probes.ts';

const openTimeoutMs = 5000;

/**
 * Opens a listener that leads a pod to `authority`, when it isn't there yet, and resolves to its loopback port once it
 * accepts connections. Throws `timeout` when it does not, and what {@link Runtime.change} throws.
 */
export async function openListener(runtime: Runtime, pod: Pod, authority: string): Promise<number> {
  const key = portKeys.outbound(pod.id, authority);
  if (runtime.port(key) === undefined) await runtime.open(workloadKey(pod.workload), authority);
  const port = runtime.port(key) ?? 0;
  const endMs = performance.now() + openTimeoutMs;
  while (performance.now() < endMs) {
    if (await tcpProbe(port)) return port;
    await sleep(10);
  }
  throw new WindtunnelError(
    'timeout',
    `the listener of ${workloadKey(pod.workload)} for ${authority} did not open`,
  );
}
