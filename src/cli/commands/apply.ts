import { resolve } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import { loadResources } from '../../manifests/load.ts';
import { connectInstance } from '../../mesh/control/client.ts';
import type { ChangeReport } from '../../target/target.ts';
import type { Command, CommandInput } from '../command.ts';
import { list, manifestsOption, nameOption, text } from './options.ts';

/** Who applies from the command line; `windtunnel delete` takes away what it applied. */
export const userOwner = 'windtunnel apply';

/** The report of a change, as kubectl would print it: a line for each resource, then when it was in force. */
export function changeLines(report: ChangeReport): string[] {
  const { actions = {}, proxies, enforcedMs } = report;
  return [
    ...Object.entries(actions).map(([resource, action]) => `${resource} ${action}`),
    proxies === 0
      ? 'no sidecar had to change'
      : `in force at ${proxies} sidecars after ${enforcedMs.toFixed(0)} ms`,
  ];
}

/** `windtunnel apply`. */
export const applyCommand: Command = {
  name: 'apply',
  summary: 'lay resources over the manifests of a running local mesh',
  usage: '-f FILE …',
  description: `
As kubectl apply: the resources replace those of the same kind, namespace and name, or are added. It returns when every
sidecar enforces them. When one cannot be translated, or an Envoy refuses it, nothing changes. They are forgotten when
the mesh ends; what shall stay belongs into the manifests.

  windtunnel apply -f policy.yaml`,
  options: {
    file: manifestsOption(),
    name: nameOption,
  },
  run,
};

async function run({ options, projectDir, cwd, print }: CommandInput): Promise<number> {
  const files = list(options, 'file').map((path) => resolve(cwd, path));
  if (files.length === 0) {
    throw new WindtunnelError('usage', 'no manifest was given', {
      next: 'windtunnel apply -f FILE',
    });
  }
  const resources = await loadResources(files);
  const control = await connectInstance(projectDir, text(options, 'name'));
  for (const line of changeLines(await control.apply(userOwner, resources))) print(line);
  return 0;
}
