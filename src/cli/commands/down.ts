import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import { connect } from '../../mesh/control/client.ts';
import { isRunning, signalTree } from '../../mesh/processes/identity.ts';
import { instanceFolder, instanceNames, readState } from '../../mesh/instance/state.ts';
import { sweep } from '../../mesh/instance/sweep.ts';
import type { Command, CommandInput } from '../command.ts';
import { targetName, targetOptions } from './open-target.ts';
import { nameOption, text } from './options.ts';

const stopTimeoutMs = 30_000;
const killTimeoutMs = 5000;

/** `windtunnel down`. */
export const downCommand: Command = {
  name: 'down',
  summary: 'end a local mesh, or clean up after one that was killed; take a cluster down',
  usage: '[--name NAME | --all | --target kind|current]',
  description: `
Ends services, sidecars and the process that runs them. When that process is gone already (kill -9, a crash), ends what
it left behind. Nothing to do is success. The logs stay.

  windtunnel down --target kind       deletes the kind cluster that windtunnel up made; another's is left alone
  windtunnel down --target current    takes away what windtunnel up applied to the cluster of the current context: not
                                      Istio, nor a namespace that was there before or holds what others made`,
  options: {
    name: nameOption,
    ...targetOptions,
    all: { type: 'boolean', help: 'every instance of this project' },
  },
  run,
};

/** Waits until an instance's supervisor is gone; false when it still runs after `timeoutMs`. */
async function gone(folder: string, timeoutMs: number): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    const state = await readState(folder);
    if (!state || !isRunning(state.supervisor)) return true;
    await sleep(50);
  }
  return false;
}

/** Ends one instance, whatever state it is in; resolves to what there is to say. */
async function endInstance(folder: string, name: string): Promise<string> {
  const state = await readState(folder);
  let how = 'was not running';
  if (state && isRunning(state.supervisor)) {
    how = 'stopped';
    await connect(folder)
      .then((control) => control.shutdown())
      .catch(() => signalTree(state.supervisor.pid, 'SIGTERM'));
    if (!(await gone(folder, stopTimeoutMs))) {
      how = 'did not stop by itself and was killed';
      signalTree(state.supervisor.pid, 'SIGKILL');
      await gone(folder, killTimeoutMs);
    }
  }
  const { ended } = await sweep(folder);
  const leftovers =
    ended.length === 0 ? '' : `; ended ${ended.length} processes that it left behind`;
  return `${name}: ${how}${leftovers}`;
}

async function run(input: CommandInput): Promise<number> {
  const { options, projectDir, progress, print } = input;
  if (targetName(options) !== 'local') return downCluster(input);
  const names = options.all ? instanceNames(projectDir) : [text(options, 'name') ?? 'default'];
  if (names.length === 0) print('this project has no instance');
  for (const name of names) {
    const folder = instanceFolder(projectDir, name);
    print(await progress.step(`${name} down`, () => endInstance(folder, name)));
  }
  return 0;
}

async function downCluster(input: CommandInput): Promise<number> {
  const { options, print } = input;
  if (options.all === true) {
    throw new WindtunnelError('usage', '--all is for local meshes', {
      next: 'name one cluster: --cluster NAME, or --context NAME',
    });
  }
  const { downCurrent, downKind } = await import('../../cluster/up/down.ts');
  if (targetName(options) === 'kind') {
    const name = text(options, 'cluster');
    print(await downKind({ ...input, ...(name === undefined ? {} : { name }) }));
    return 0;
  }
  const context = text(options, 'context');
  const lines = await downCurrent({ ...input, ...(context === undefined ? {} : { context }) });
  for (const line of lines) print(line);
  return 0;
}
