import { readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { WindtunnelError } from '../../errors.ts';
import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import type { KindCluster } from '../tools/kind.ts';
import { type DockerFacts, judgeDocker, type MachineFacts, throwFailures } from './preflight.ts';
import { lastLines, type ToolName, type Tools } from '../tools/tool.ts';

const askTimeoutMs = 15_000;

/** What {@link machineFacts} asks for. */
export interface MachineQuestion {
  tools: Tools;
  name: string;
  port: { wanted: number; asked: boolean };
  /** Called once Docker answers. */
  findCluster(): Promise<KindCluster | undefined>;
}

/** Looks at this machine, all at once; resolves also when nothing is there. */
export async function machineFacts(
  question: MachineQuestion,
): Promise<{ facts: MachineFacts; cluster: KindCluster | undefined }> {
  const { tools, name, port } = question;
  const [docker, kind, istioctl, inotify, free] = await Promise.all([
    dockerFacts(tools),
    versionOf(tools, 'kind', ['version']),
    versionOf(tools, 'istioctl', ['version', '--remote=false']),
    inotifyLimits(),
    isFree(port.wanted),
  ]);
  const cluster = docker.type === 'answers' ? await question.findCluster() : undefined;
  const facts: MachineFacts = {
    docker,
    tools: { kind, istioctl },
    inotify,
    cluster: { name, exists: cluster !== undefined, port: cluster?.port },
    port: { ...port, free },
  };
  return { facts, cluster };
}

/** What the Docker daemon says of itself. */
async function dockerFacts(tools: Tools): Promise<DockerFacts> {
  try {
    const args = ['info', '--format', '{{json .}}'];
    const { stdout, stderr } = await tools.run('docker', args, { timeoutMs: askTimeoutMs });
    // It answers with what the client knows alone, and a status of 0, when the daemon does not.
    const info = asRecord(stdout.startsWith('{') ? JSON.parse(stdout) : undefined);
    const version = asString(info.ServerVersion);
    if (version === undefined || version === '') {
      const [error = lastLines(stderr.trim())] = (info.ServerErrors as string[] | undefined) ?? [];
      return { type: 'silent', reason: error };
    }
    const root = asString(info.DockerRootDir) ?? '';
    return {
      type: 'answers',
      version,
      memoryBytes: asNumber(info.MemTotal) ?? 0,
      // Of a daemon in a virtual machine or elsewhere the folder is not here.
      freeDiskBytes: process.platform === 'linux' ? await freeBytes(root) : null,
    };
  } catch (thrown) {
    const error = WindtunnelError.from(thrown);
    if (error.code === 'missing-tool') return { type: 'missing' };
    if (error.code === 'timeout') return { type: 'silent', reason: error.message };
    throw error;
  }
}

/** Throws `missing-tool` or `unreachable` unless the Docker daemon answers. */
export async function requireDocker(tools: Tools): Promise<void> {
  throwFailures(judgeDocker(await dockerFacts(tools)));
}

async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

async function versionOf(tools: Tools, name: ToolName, args: string[]): Promise<string | null> {
  try {
    const { stdout } = await tools.run(name, args, { timeoutMs: askTimeoutMs });
    return /\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] ?? 'unknown';
  } catch (thrown) {
    if (WindtunnelError.from(thrown).code === 'missing-tool') return null;
    throw thrown;
  }
}

async function inotifyLimits(): Promise<MachineFacts['inotify']> {
  const read = async (name: string): Promise<number> =>
    Number(await readFile(`/proc/sys/fs/inotify/max_user_${name}`, 'utf8'));
  try {
    return { instances: await read('instances'), watches: await read('watches') };
  } catch {
    return null;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
