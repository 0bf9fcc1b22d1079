import type { MeshControl } from '../mesh/control/control.ts';
import type { Target } from './target.ts';

/** The local mesh as a {@link Target}. */
export function localTarget(control: MeshControl): Target {
  const { apply, renew, revert, entry, counters, accessLog, kill } = control;
  return {
    name: 'local',
    apply,
    renew,
    revert,
    entry,
    counters,
    accessLog,
    kill,
    async owners() {
      const { applied } = await control.status();
      return Object.keys(applied).filter((owner) => (applied[owner] ?? []).length > 0);
    },
    async workloads() {
      const { processes } = await control.status();
      const proxies = processes.filter(({ kind }) => kind === 'sidecar' || kind === 'gateway');
      return [...new Set(proxies.map(({ workload, namespace }) => `${workload}.${namespace}`))];
    },
    async ingress() {
      const { entry: gateway } = await control.status();
      if (gateway === null) return null;
      // A Gateway of any host takes requests by whatever name they come.
      return { address: '127.0.0.1', port: gateway.port, authority: `127.0.0.1:${gateway.port}` };
    },
    async close() {},
  };
}
