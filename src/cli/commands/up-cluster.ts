import { ourImages } from '../../cluster/images/catalogue.ts';
import type { UpOptions, UpResult } from '../../cluster/up/up-kind.ts';
import { WindtunnelError } from '../../errors.ts';
import type { CommandInput } from '../command.ts';
import { list, portNumber, text } from './options.ts';
import { openTarget } from './open-target.ts';
import { proveAllEdges } from './prove-edges.ts';
import { tellRequests } from './start.ts';

/** `windtunnel up --target kind` or `--target current`: brings the system up on a cluster, proves its edges, tells where it is. */
export async function upOnCluster(
  input: CommandInput,
  target: 'kind' | 'current',
): Promise<number> {
  const { options, progress, print } = input;
  refuse(input, target);
  const { topology } = await import('../../../services/topology.ts');
  const { image, namespace } = topology;
  const { context, applied, down } = await bringUp(input, target, image);
  const changed = applied.filter(({ action }) => action !== 'unchanged');
  for (const { resource, action } of changed) print(`${resource}: ${action}`);
  print(`${applied.length} resources, ${changed.length} changed`);
  const system = await openTarget(input);
  try {
    const proven = await proveAllEdges(input, system);
    const entry = await system.ingress();
    print('');
    // What leads into another cluster is a port-forward of this process, and ends with it.
    const shop =
      entry !== null && target === 'kind' ? `http://${entry.address}:${entry.port}` : undefined;
    if (shop !== undefined) tellRequests(print, shop);
    const which = selection(options, target);
    print(shop === undefined ? `the shop is in context ${context}; try` : 'and');
    print(`  kubectl --context ${context} --namespace ${namespace} get pods`);
    print(`  npx windtunnel status ${which}`);
    print(`  npx windtunnel call users.get --id 123 ${which}`);
    print(`  npx windtunnel experiment run retries ${which}`);
    print('and to take it away');
    print(`  npx windtunnel down ${down}`);
    if (!proven) progress.note('  ✗ not every declared edge is proven: above, with reasons');
    return proven ? 0 : 1;
  } finally {
    await system.close();
  }
}

/** The options that name a cluster, as they are typed. */
function selection(options: CommandInput['options'], target: 'kind' | 'current'): string {
  const given = (['cluster', 'context'] as const).flatMap((name) => {
    const value = text(options, name);
    return value === undefined ? [] : [`--${name} ${value}`];
  });
  return [`--target ${target}`, ...given].join(' ');
}

/** Options of the other targets, which would be passed over without a word. */
function refuse({ options }: CommandInput, target: 'kind' | 'current'): void {
  const others = ['images', 'detach', target === 'kind' ? 'registry' : 'port'];
  const given = others.find((name) => options[name] !== undefined);
  const named = given ?? (list(options, 'file').length > 0 ? 'file' : undefined);
  if (named === undefined) return;
  throw new WindtunnelError('usage', `--${named} has no meaning with --target ${target}`, {
    next: 'windtunnel up --help',
  });
}

async function bringUp(
  input: CommandInput,
  target: 'kind' | 'current',
  image: string,
): Promise<UpResult> {
  const { options, projectDir, env, progress, signal } = input;
  const shared: UpOptions = {
    projectDir,
    env,
    progress,
    signal,
    observability: options.observability === true,
    images: ourImages(image),
  };
  if (target === 'kind') {
    const { upKind } = await import('../../cluster/up/up-kind.ts');
    return upKind({
      ...shared,
      name: text(options, 'cluster'),
      port: portNumber(options, 'port'),
    });
  }
  const { upCurrent } = await import('../../cluster/up/up-current.ts');
  return upCurrent({
    ...shared,
    context: text(options, 'context'),
    registry: text(options, 'registry'),
  });
}
