import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errorCodes, WindtunnelError } from '../../errors.ts';
import { connect } from '../../mesh/control/client.ts';
import type { InstanceStatus } from '../../mesh/control/control.ts';
import {
  defaultInstance,
  instanceFolder,
  openStartLog,
  readState,
} from '../../mesh/instance/state.ts';
import type { Command, CommandInput } from '../command.ts';
import { targetName, targetOptions } from './open-target.ts';
import { list, manifestsOption, nameOption, portNumber, text } from './options.ts';

const detachedTimeoutMs = 180_000;

/** `windtunnel up`. */
export const upCommand: Command = {
  name: 'up',
  summary: 'bring manifests up on a local mesh of real Envoys, or the shop up on a cluster',
  usage: '[-f FOLDER …] [--detach] | --target kind|current [--observability]',
  description: `
Runs every Deployment of the manifests as processes on this machine, each replica behind its own Envoy sidecar:
STRICT mTLS, authorization, routes, retries, timeouts, breakers and faults as Istio would configure them.
Everything listens on 127.0.0.1. Edits of the manifests are in force within milliseconds, without a restart.

  windtunnel up                                   the shop, until Ctrl-C
  windtunnel up --detach                          in the background
  windtunnel up -f k8s/ -f istio/ --images my-images.yaml --name other
                                                  other manifests; the image map says what to run for an image:
                                                  images: {"registry/users:1": {folder: ./users, command: [node, main.js]}}

On a cluster: the shop of this project, with real Istio. Each step does only what is missing: run it again after a change.
Needs docker, kind and istioctl; it looks for them, and for room, before it changes anything.

  windtunnel up --target kind                     makes a kind cluster (kind-config.yaml) and installs Istio
                                                  (istio/install.yaml); the shop is at http://127.0.0.1:8080
  windtunnel up --target kind --cluster two --port 8081
  windtunnel up --target current                  on the cluster of the current kubeconfig context, with its Istio;
                                                  --registry ghcr.io/me builds our images and pushes them there

Without an image registry: KIND_NODE_IMAGE names kind's node image; ISTIO_HUB and ISTIO_TAG say what Istio's images are
called (those in Docker are loaded into the cluster); ISTIO_VALUES names an IstioOperator file, which is laid over ours.`,
  options: {
    file: manifestsOption('manifests/ of the project'),
    name: nameOption,
    ...targetOptions,
    port: {
      type: 'string',
      value: 'PORT',
      help: "port of the ingress gateway; default: a free one, with --target kind kind-config.yaml's",
    },
    images: { type: 'string', value: 'FILE', help: 'image map; default: services/images.yaml' },
    detach: { type: 'boolean', short: 'd', help: 'return when it is up; windtunnel down ends it' },
    observability: {
      type: 'boolean',
      help: 'on a cluster: also Prometheus, Jaeger and Kiali (addons/observability)',
    },
    registry: {
      type: 'string',
      value: 'PREFIX',
      help: 'for --target current: push our images there, and let the nodes pull them',
    },
  },
  run,
};

async function run(input: CommandInput): Promise<number> {
  const target = targetName(input.options);
  if (target === 'local') {
    for (const name of ['observability', 'registry']) {
      if (input.options[name] === undefined) continue;
      throw new WindtunnelError('usage', `--${name} is for a cluster`, {
        next: 'add --target kind, or --target current',
      });
    }
    return input.options.detach ? detached(input) : foreground(input);
  }
  // Loaded here, so that the local mesh comes up without the Kubernetes client.
  const { upOnCluster } = await import('./up-cluster.ts');
  return upOnCluster(input, target);
}

function summary(status: InstanceStatus): string[] {
  const services = status.processes.filter(({ kind }) => kind === 'service');
  const proxies = status.processes.length - services.length;
  const entry = status.entry ? `http://${status.entry.address}:${status.entry.port}` : undefined;
  const name = status.name === defaultInstance ? '' : ` --name ${status.name}`;
  return [
    `up: ${services.length} service processes behind ${proxies} Envoys`,
    ...(entry === undefined ? [] : [`entry: ${entry}   (the ingress gateway)`]),
    `logs: ${join(status.folder, 'logs')}`,
    `try: windtunnel status${name}; edit a file under ${status.manifests.join(', ')}: it is in force at once`,
  ];
}

async function foreground(input: CommandInput): Promise<number> {
  const { options, projectDir, cwd, env, progress, signal, print } = input;
  const manifests = list(options, 'file').map((path) => resolve(cwd, path));
  const images = text(options, 'images');
  const entryPort = portNumber(options, 'port');
  const name = text(options, 'name');
  // Loaded here, so that other commands start without the mesh's libraries.
  const { startMesh } = await import('../../mesh/mesh.ts');
  const mesh = await startMesh({
    projectDir,
    ...(manifests.length > 0 ? { manifests } : {}),
    ...(name === undefined ? {} : { name }),
    ...(images === undefined ? {} : { imagesFile: resolve(cwd, images) }),
    ...(entryPort === undefined ? {} : { entryPort }),
    progress,
    signal,
    env,
  });
  for (const line of summary(await mesh.control.status())) print(line);
  print('Ctrl-C ends it');
  const interrupted = new Promise<void>((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
  await Promise.race([interrupted, mesh.ended]);
  await progress.step('local mesh down', () => mesh.stop());
  return 0;
}

/** The error that a detached `up` printed last: its message, code and next step. */
function failureIn(logFile: string): WindtunnelError {
  const log = readFileSync(logFile, 'utf8').trim();
  const last = log.slice(Math.max(0, log.lastIndexOf('windtunnel: ')));
  const [, message = last || 'it ended before it was up, and could say nothing', code, next] =
    /^windtunnel: (.*?) \[([a-z-]+)\](?:\n  next: (.*))?$/s.exec(last) ?? [];
  const known = errorCodes.find((candidate) => candidate === code) ?? 'start-failed';
  return new WindtunnelError(known, message, { next: next ?? `the whole log: ${logFile}` });
}

async function detached(input: CommandInput): Promise<number> {
  const { options, projectDir, cwd, env, progress, signal, print } = input;
  const name = text(options, 'name');
  const folder = instanceFolder(projectDir, name);
  const down = name === undefined ? 'down' : `down --name ${name}`;
  const { file: logFile, descriptor: log } = openStartLog(folder);
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const args = ['up'];
  for (const path of list(options, 'file')) args.push('--file', resolve(cwd, path));
  for (const option of ['name', 'port']) {
    const value = text(options, option);
    if (value !== undefined) args.push(`--${option}`, value);
  }
  const images = text(options, 'images');
  if (images !== undefined) args.push('--images', resolve(cwd, images));
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...env, INIT_CWD: cwd },
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.unref();
  let exitCode: number | null = null;
  child.once('exit', (code) => {
    exitCode = code ?? 1;
  });
  await progress.step('local mesh up, detached', async (step) => {
    const endMs = performance.now() + detachedTimeoutMs;
    while (performance.now() < endMs) {
      if (exitCode !== null) {
        throw failureIn(logFile);
      }
      signal.throwIfAborted();
      const state = await readState(folder);
      if (state?.ready && state.supervisor.pid === child.pid) return;
      step.update(`process ${child.pid}`);
      await sleep(50);
    }
    throw new WindtunnelError('timeout', `not up within ${detachedTimeoutMs / 1000} s`, {
      next: `its log: ${logFile}; windtunnel ${down} ends it`,
    });
  });
  const control = await connect(folder);
  for (const line of summary(await control.status())) print(line);
  print(`windtunnel ${down} ends it`);
  return 0;
}
