import { type Kube, openKube } from '../../cluster/kube/client.ts';
import { clusterStatus, type ClusterStatus } from '../../cluster/up/cluster-status.ts';
import { findKindCluster, kindKubeconfig, kindName } from '../../cluster/tools/kind.ts';
import { createTools } from '../../cluster/tools/tool.ts';
import { tableLines } from '../../table.ts';
import type { CommandInput } from '../command.ts';
import { text } from './options.ts';

/** `windtunnel status --target kind` or `--target current`: exit status 0 when all of it is ready. */
export async function statusOfCluster(
  input: CommandInput,
  target: 'kind' | 'current',
): Promise<number> {
  const { options, print } = input;
  const { kube, entry } = target === 'kind' ? await openKind(input) : openCurrent(input);
  const status = await clusterStatus(kube, entry);
  if (options.json) print(JSON.stringify(status, null, 2));
  else for (const line of statusLines(status)) print(line);
  return status.problems.length === 0 ? 0 : 1;
}

interface Found {
  kube: Kube;
  entry: string | null;
}

async function openKind({ options, projectDir, env, signal }: CommandInput): Promise<Found> {
  const tools = createTools(env, signal);
  const { name } = await kindName(projectDir, text(options, 'cluster'));
  const kube = openKube({ type: 'text', kubeconfig: await kindKubeconfig(tools, name) });
  const port = (await findKindCluster(tools, name))?.port;
  return { kube, entry: port === undefined ? null : `http://127.0.0.1:${port}` };
}

function openCurrent({ options }: CommandInput): Found {
  return { kube: openKube({ type: 'default', context: text(options, 'context') }), entry: null };
}

function statusLines(status: ClusterStatus): string[] {
  const { context, entry, pods, problems } = status;
  const rows = pods.map((one) => [
    `${one.pod}.${one.namespace}`,
    one.state,
    one.sidecar,
    String(one.restarts),
    one.startedAt?.replace(/\.\d+Z$/, 'Z') ?? '-',
  ]);
  const table = [['POD', 'STATE', 'SIDECAR', 'RESTARTS', 'SINCE'], ...rows];
  return [
    `cluster of context ${context}`,
    entry === null
      ? 'entry: no port of 127.0.0.1 is known; windtunnel call finds the ingress gateway by itself'
      : `entry: ${entry}   (the ingress gateway)`,
    ...problems.map((problem) => `NOT READY: ${problem}`),
    '',
    ...tableLines(table),
  ];
}
