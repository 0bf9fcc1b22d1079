import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { WindtunnelError } from '../../errors.ts';
import type { Probe, World } from '../../manifests/world.ts';
import { rewriteContainer } from '../containers/container-env.ts';
import { containerCommand, type ImageMap } from '../containers/images.ts';
import { type Pod, portKeys } from '../pods.ts';
import type { ProbeTarget } from './probes.ts';
import { instanceVariable } from '../processes/identity.ts';
import type { ProcessSpec } from '../processes/managed-process.ts';
import { serviceNames } from '../references.ts';

/** How one container of a pod is run and asked for its health. */
export interface ContainerSpec {
  name: string;
  process: ProcessSpec;
  readiness: Probe | undefined;
  liveness: Probe | undefined;
  probeTarget: ProbeTarget;
  /** Local ports that must accept connections before it counts as ready, where there is no readiness probe. */
  ports: number[];
}

/** What {@link containerSpecs} needs. */
export interface SpecOptions {
  world: World;
  pod: Pod;
  images: ImageMap;
  /** Loopback port of a name of portKeys; undefined when it has none. */
  port(key: string): number | undefined;
  /** Folder of the instance: its marker in the environment. */
  folder: string;
  logsFolder: string;
  /** Where {@link namesSocket} is. */
  socketFolder: string;
  projectDir: string;
  /** Of this process: only what every program needs is handed on. */
  env: Record<string, string | undefined>;
}

/** Name of the socket on which processes ask where names of Services lead; see name-server.ts. */
export const namesSocket = 'names';

const preload = pathToFileURL(
  join(dirname(fileURLToPath(import.meta.url)), '..', 'containers', 'preload', 'remap-listen.mjs'),
).href;

const handedOn = ['HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'USER'];

/** Environment of every process of an instance. */
export function baseEnv(options: Pick<SpecOptions, 'env' | 'folder'>): Record<string, string> {
  const { env, folder } = options;
  const base: Record<string, string> = { [instanceVariable]: folder };
  for (const name of handedOn) if (env[name] !== undefined) base[name] = env[name];
  return base;
}

/** The processes of a pod, with loopback addresses in place of the cluster's. Throws what the image map or a variable lacks. */
export function containerSpecs(options: SpecOptions): ContainerSpec[] {
  const { world, pod, images, port, logsFolder, socketFolder, projectDir, env } = options;
  const names = serviceNames(world, pod.workload.namespace);
  const appPorts = new Map<number, number>();
  for (const number of pod.appPorts) {
    const local = port(portKeys.app(pod.id, number));
    if (local !== undefined) appPorts.set(number, local);
  }
  return pod.workload.containers.map((container) => {
    const where = `${pod.workload.resource.source.file}: ${pod.workload.resource.kind} ${pod.workload.name}, container ${container.name}`;
    const unknown = container.env.find((variable) => variable.unknown !== undefined);
    if (unknown) {
      throw new WindtunnelError(
        'bad-manifest',
        `${where}: variable ${unknown.name}: ${unknown.unknown}`,
        {
          next: 'add what it refers to to the manifests, or give it a value',
        },
      );
    }
    const resolved = containerCommand(images, container, where);
    const rewritten = rewriteContainer({
      container: { ...container, command: resolved.command, args: resolved.args },
      names,
      outboundPort: (authority) => port(portKeys.outbound(pod.id, authority)),
      appPorts,
      fieldValue: (path) => fieldOf(pod, path),
    });
    const [program = '', ...words] = [...rewritten.command, ...rewritten.args];
    const path = [
      dirname(process.execPath),
      join(projectDir, 'node_modules', '.bin'),
      env.PATH ?? '',
    ];
    const processEnv = {
      ...baseEnv(options),
      HOSTNAME: pod.name,
      ...rewritten.env,
      PATH: [...path, rewritten.env.PATH ?? ''].filter((part) => part !== '').join(delimiter),
      NODE_OPTIONS: `--import=${preload} ${rewritten.env.NODE_OPTIONS ?? ''}`.trim(),
      WINDTUNNEL_NAMES: join(socketFolder, namesSocket),
      WINDTUNNEL_POD: pod.id,
      WINDTUNNEL_PORTS: JSON.stringify(Object.fromEntries(appPorts)),
    };
    const logFile = join(logsFolder, `${pod.id}.${container.name}.log`);
    const named = new Map(container.ports.map((item) => [item.name, item.containerPort]));
    return {
      name: container.name,
      process: { command: program, args: words, cwd: resolved.cwd, env: processEnv, logFile },
      readiness: container.readiness,
      liveness: container.liveness,
      probeTarget: {
        port: (wanted) => {
          const number = typeof wanted === 'number' ? wanted : named.get(wanted);
          return number === undefined ? undefined : (appPorts.get(number) ?? number);
        },
        cwd: resolved.cwd,
        env: processEnv,
      },
      ports: container.ports.flatMap(({ containerPort }) => appPorts.get(containerPort) ?? []),
    };
  });
}

function fieldOf(pod: Pod, path: string): string | undefined {
  const { workload, name } = pod;
  const label = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (label) return workload[label[1] as 'labels' | 'annotations'][label[2] ?? ''];
  const known: Record<string, string> = {
    'metadata.name': name,
    'metadata.namespace': workload.namespace,
    'metadata.uid': pod.id,
    'spec.serviceAccountName': workload.serviceAccount,
    'spec.nodeName': 'localhost',
    'status.podIP': '127.0.0.1',
    'status.hostIP': '127.0.0.1',
  };
  return known[path];
}
