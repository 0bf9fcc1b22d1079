import { connect } from 'node:net';
import { WindtunnelError } from '../errors.ts';
import type { MeshControl } from '../mesh/control/control.ts';
import { askPlainly, type PlainAnswer } from './plaintext.ts';
import type { Target } from './target.ts';

/** The local mesh as a {@link Target}. */
export function localTarget(control: MeshControl): Target {
  const { apply, renew, revert, entry, counters, accessLog, kill } = control;
  return {
    name: 'local',
    changesReachOpenConnections: true,
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
    plaintext: (authority) => askInbound(control, authority),
    async close() {},
  };
}

/** Straight to the port of the callee's sidecar: what a process without a sidecar of its own would reach in a cluster. */
async function askInbound(control: MeshControl, authority: string): Promise<PlainAnswer> {
  const [name = '', port = ''] = authority.split(':');
  const { processes } = await control.status();
  const inbound = processes
    .filter(({ kind, workload }) => kind === 'sidecar' && workload === name.split('.')[0])
    .flatMap(({ ports }) => ports[`inbound:${port}`] ?? [])[0];
  if (inbound === undefined) {
    throw new WindtunnelError('unknown-reference', `no sidecar takes calls for ${authority}`, {
      next: 'Write SERVICE:PORT as in manifests/; windtunnel status lists the services that run.',
    });
  }
  return askPlainly(connect({ host: '127.0.0.1', port: inbound }), authority);
}
