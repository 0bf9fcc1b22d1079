import { relative } from 'node:path';
import { compareText } from '../../compare-text.ts';
import { connectInstance } from '../../mesh/control/client.ts';
import type { InstanceStatus, ProcessStatus } from '../../mesh/control/control.ts';
import { tableLines } from '../../table.ts';
import type { Command, CommandInput } from '../command.ts';
import { targetName, targetOptions } from './open-target.ts';
import { nameOption, text } from './options.ts';

const order: ProcessStatus['kind'][] = ['gateway', 'service', 'sidecar', 'control'];

/** The lines of `windtunnel status`: the instance, then a table with a row for each process. */
function statusLines(status: InstanceStatus, cwd: string): string[] {
  const rows = status.processes
    .toSorted((a, b) => compareText(a.pod, b.pod) || order.indexOf(a.kind) - order.indexOf(b.kind))
    .map((one) => [
      `${one.pod}.${one.namespace}`,
      one.kind,
      one.restarts > 0 ? `${one.state} (${one.restarts} restarts)` : one.state,
      String(one.pid || '-'),
      portText(one.ports),
      relative(cwd, one.logFile) || one.logFile,
    ]);
  const table = [['POD', 'PROCESS', 'STATE', 'PID', 'PORTS ON 127.0.0.1', 'LOG'], ...rows];
  const applied = Object.entries(status.applied).filter(([, names]) => names.length > 0);
  return [
    `instance ${status.name}, process ${status.pid}, since ${status.startedAt}`,
    `manifests: ${status.manifests.join(', ')}`,
    ...applied.map(([owner, names]) => `applied by ${owner}: ${names.join(', ')}`),
    ...(status.entry ? [`entry: http://${status.entry.address}:${status.entry.port}`] : []),
    ...(status.configError === null ? [] : [`NOT IN FORCE: ${status.configError}`]),
    '',
    ...tableLines(table),
  ];
}

/** `windtunnel status`. */
export const statusCommand: Command = {
  name: 'status',
  summary:
    'show services, sidecars, ports, health and logs of a local mesh, or the pods of a cluster',
  usage: '[--target TARGET] [--json]',
  description: `
Exits 0 when every process is ready and the last edit of the manifests is in force, else 1. On a cluster: when every
Deployment that windtunnel manages has rolled out.`,
  options: {
    name: nameOption,
    ...targetOptions,
    json: { type: 'boolean', help: 'all of it as JSON' },
  },
  run,
};

function portText(ports: Record<string, number>): string {
  return Object.entries(ports)
    .map(([role, port]) => `${role} ${port}`)
    .join(', ');
}

async function run(input: CommandInput): Promise<number> {
  const { options, projectDir, cwd, print } = input;
  const target = targetName(options);
  if (target !== 'local') {
    // Loaded here, so that the local mesh's status comes without the Kubernetes client.
    const { statusOfCluster } = await import('./status-cluster.ts');
    return statusOfCluster(input, target);
  }
  const control = await connectInstance(projectDir, text(options, 'name'));
  const status = await control.status();
  if (options.json) print(JSON.stringify(status, null, 2));
  else for (const line of statusLines(status, cwd)) print(line);
  const healthy = status.processes.every(({ state }) => state === 'ready');
  return healthy && status.configError === null ? 0 : 1;
}
