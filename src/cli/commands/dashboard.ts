import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WindtunnelError } from '../../errors.ts';
import { type DashboardName, dashboardNames } from '../../cluster/observability/dashboard-names.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import type { Command, CommandInput, OptionSpec } from '../command.ts';
import { clusterOption, contextOption, targetName } from './open-target.ts';
import { text } from './options.ts';

const options: Record<string, OptionSpec> = {
  target: {
    type: 'string',
    value: 'TARGET',
    help: 'kind (default), or current: the cluster of the current kubeconfig context',
  },
  cluster: clusterOption,
  context: contextOption,
  'print-only': { type: 'boolean', help: 'print the address and open no browser' },
};

/** `windtunnel dashboard NAME`: a way to a page of the observability addon. */
export const dashboardCommand: Command = {
  name: 'dashboard',
  summary: 'open Kiali, Jaeger or Prometheus of a cluster',
  usage: `${dashboardNames.join('|')} [--target kind|current]`,
  description: [
    'Forwards a port of 127.0.0.1 to the dashboard until Ctrl-C, prints its address, and opens it in a browser if there',
    'is one and a terminal. The dashboards are what `windtunnel up --target kind --observability` installs.',
    '',
    'windtunnel dashboard jaeger       the traces of the storefront: one order crosses every service',
    'windtunnel dashboard prometheus   what is scraped, and queries',
    'windtunnel kiali                  the same as `windtunnel dashboard kiali`',
  ].join('\n'),
  options,
  mostPositionals: 1,
  run: (input) => show(input, dashboardName(input.positionals[0])),
};

/** `windtunnel kiali`: Kiali on the system's graph. */
export const kialiCommand: Command = {
  name: 'kiali',
  summary: "open Kiali on the system's graph",
  usage: '[--target kind|current]',
  description: 'The short form of `windtunnel dashboard kiali`; see there.',
  options,
  run: (input) => show(input, 'kiali'),
};

function dashboardName(given: string | undefined): DashboardName {
  const known = dashboardNames.find((name) => name === given);
  if (known !== undefined) return known;
  const said = given === undefined ? 'name a dashboard' : `there is no dashboard '${given}'`;
  throw new WindtunnelError('usage', said, { next: `one of: ${dashboardNames.join(', ')}` });
}

async function show(input: CommandInput, name: DashboardName): Promise<number> {
  const { print, progress, signal, env } = input;
  const { kube, up } = await openCluster(input);
  const [{ openDashboard }, { topology }] = await Promise.all([
    import('../../cluster/observability/dashboards.ts'),
    import('../../../services/topology.ts'),
  ]);
  const onProblem = (reason: string): void => progress.note(`  ! ${reason}`);
  const { namespace } = topology;
  const dashboard = await openDashboard({ kube, name, namespace, up, onProblem });
  try {
    print(dashboard.url);
    if (input.options['print-only'] !== true) openBrowser(dashboard.url, env);
    progress.note('Ctrl-C ends it');
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await dashboard.close();
  }
  return 0;
}

async function openCluster({
  options,
  projectDir,
  env,
  signal,
}: CommandInput): Promise<{ kube: Kube; up: string }> {
  const target = targetName(options, 'kind');
  const [{ openKube }, kind, { createTools }] = await Promise.all([
    import('../../cluster/kube/client.ts'),
    import('../../cluster/tools/kind.ts'),
    import('../../cluster/tools/tool.ts'),
  ]);
  if (target === 'current') {
    const kube = openKube({ type: 'default', context: text(options, 'context') });
    return { kube, up: 'windtunnel up --target current --observability' };
  }
  if (target === 'local') {
    throw new WindtunnelError('usage', 'the local mesh has no dashboards', {
      next: 'use --target kind or --target current',
    });
  }
  const { name, option } = await kind.kindName(projectDir, text(options, 'cluster'));
  const kubeconfig = await kind.kindKubeconfig(createTools(env, signal), name);
  return {
    kube: openKube({ type: 'text', kubeconfig }),
    up: `windtunnel up --target kind${option} --observability`,
  };
}

/** Opens a page where someone can see it: on a desktop, from a terminal. That it fails is no matter: the address is printed. */
function openBrowser(url: string, env: CommandInput['env']): void {
  const desktop =
    process.platform === 'darwin' || Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY']);
  if (!desktop || !process.stdout.isTTY) return;
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
