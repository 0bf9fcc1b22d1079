import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { type Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentProgress } from '../../src/progress.ts';
import { instanceFolder, instanceNames } from '../../src/mesh/instance/state.ts';
import { sweep } from '../../src/mesh/instance/sweep.ts';
import { type RunningMesh, type StartMeshOptions, startMesh } from '../../src/mesh/mesh.ts';

const fixture = fileURLToPath(new URL('../fixtures/tiny-mesh', import.meta.url));

/** The image map of the fixture. */
export const tinyImages = join(fixture, 'images.yaml');

/** A project of its own in a temporary folder, with the manifests of the fixture, free to be edited. */
export interface TinyProject {
  dir: string;
  manifests: string;
  options(more?: Partial<StartMeshOptions>): StartMeshOptions;
  start(more?: Partial<StartMeshOptions>): Promise<RunningMesh>;
  /** Ends every mesh that was started here and removes the folder. */
  remove(): Promise<void>;
}

/** Makes a {@link TinyProject}. */
export function tinyProject(): TinyProject {
  const dir = mkdtempSync(join(tmpdir(), 'tiny-mesh-'));
  const manifests = join(dir, 'manifests');
  cpSync(join(fixture, 'manifests'), manifests, { recursive: true });
  const started: RunningMesh[] = [];
  const options = (more: Partial<StartMeshOptions> = {}): StartMeshOptions => ({
    projectDir: dir,
    imagesFile: tinyImages,
    progress: silentProgress,
    signal: AbortSignal.timeout(100_000),
    ...more,
  });
  return {
    dir,
    manifests,
    options,
    start: async (more) => {
      const mesh = await startMesh(options(more));
      started.push(mesh);
      return mesh;
    },
    remove: async () => {
      await Promise.all(started.map((mesh) => mesh.stop()));
      // A test that failed half-way may have left a mesh of another process behind.
      for (const name of instanceNames(dir)) await sweep(instanceFolder(dir, name));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** An answer, read whole; status 0 when the connection failed. */
export interface Answer {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
  /** Whether it came over a connection that an earlier request had opened. */
  reused: boolean;
}

/** One GET request to 127.0.0.1:port. */
export function get(
  port: number,
  path: string,
  more: { agent?: Agent; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const { agent, headers = {} } = more;
    const sent = request(
      { host: '127.0.0.1', port, path, headers, agent: agent ?? false, timeout: 10_000 },
      (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => {
          body += chunk.toString('utf8');
        });
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body,
            headers: answer.headers,
            reused: sent.reusedSocket,
          }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', (error) =>
      resolve({ status: 0, body: error.message, headers: {}, reused: false }),
    );
    sent.end();
  });
}

/** Sends `text` over TCP and resolves to what came back until the peer closed or `timeoutMs` passed. */
export function exchange(port: number, text: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(text));
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(received);
    };
    const timer = setTimeout(end, timeoutMs);
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8');
      if (received.length >= text.length) end();
    });
    socket.on('error', end);
    socket.on('close', end);
  });
}

/** Asks `condition` every few milliseconds until it holds; throws with `what` after `timeoutMs`. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
