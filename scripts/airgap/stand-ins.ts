import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { images } from '../../charts/addons/observability/images.ts';
import { run } from './run.ts';

/** What a stand-in's program came to. */
export type Program = { type: 'ready' } | { type: 'impossible' | 'failed'; reason: string };

/** How to make an image without a registry of images. */
export interface StandIn {
  /** What it is made of, for people and for the image's label: another text makes the image anew. */
  what: string;
  /** Puts the image's files into `folder`; those that are there are taken. */
  makeProgram(folder: string): Promise<Program>;
  /** The files that must be there. */
  files: string[];
  dockerfile: string;
  /** What the image must be able to do, as the user of the charts. */
  check: { user: string; args: string[] };
}

const downloadTimeoutMs = 120_000;
/** 4.6 minutes on two busy cores, with 250 modules to fetch. */
const buildTimeoutMs = 15 * 60_000;
const jaegerModule = 'github.com/jaegertracing/jaeger';
/** Version 2.13 of the program: its module counts on from version 1, and no later one is to be had as a module. */
const jaegerVersion = 'v1.76.0';

/** The images that can be made; Kiali can't: its pages are no package. */
export const standIns: Partial<Record<keyof typeof images, StandIn>> = {
  prometheus: {
    what: "Debian's package prometheus",
    files: ['prometheus'],
    makeProgram: fetchPrometheus,
    // The package is of this machine's Debian; what it needs of one is its C library.
    dockerfile: dockerfileOf('node:24-bookworm-slim', 'prometheus', '/bin/prometheus', '65534'),
    check: { user: '65534', args: ['--version'] },
  },
  jaeger: {
    what: `the Go module ${jaegerModule} ${jaegerVersion} (Jaeger 2.13), without its pages`,
    files: ['jaeger'],
    makeProgram: buildJaeger,
    dockerfile: dockerfileOf('scratch', 'jaeger', '/cmd/jaeger/jaeger-linux', '10001'),
    check: { user: '10001', args: ['version'] },
  },
};

function dockerfileOf(base: string, file: string, path: string, user: string): string {
  return [
    `FROM ${base}`,
    `COPY ${file} ${path}`,
    `USER ${user}`,
    `ENTRYPOINT ["${path}"]`,
    '',
  ].join('\n');
}

async function fetchPrometheus(folder: string): Promise<Program> {
  const work = join(folder, 'work');
  await mkdir(work, { recursive: true });
  try {
    const fetched = await run('apt-get', ['download', 'prometheus'], downloadTimeoutMs, {
      cwd: work,
    });
    if (!fetched.ok) {
      return { type: 'impossible', reason: `it comes from Debian's package: ${fetched.reason}` };
    }
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) return { type: 'failed', reason: 'apt-get brought no package' };
    const unpacked = await run('dpkg-deb', ['-x', archive, 'files'], downloadTimeoutMs, {
      cwd: work,
    });
    if (!unpacked.ok) return { type: 'failed', reason: unpacked.reason };
    await copyFile(join(work, 'files/usr/bin/prometheus'), join(folder, 'prometheus'));
    return { type: 'ready' };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function buildJaeger(folder: string): Promise<Program> {
  const go = await run('go', ['version'], 20_000);
  if (!go.ok)
    return { type: 'impossible', reason: `it is built by Go, which is not here (${go.reason})` };
  const args = ['mod', 'download', '-json', `${jaegerModule}@${jaegerVersion}`];
  // Outside of any module, so that none of this machine's has a say.
  const module = await run('go', args, downloadTimeoutMs, { cwd: folder });
  if (!module.ok) return { type: 'failed', reason: module.reason };
  const { Dir: source } = JSON.parse(module.output) as { Dir: string };
  // In the module's own folder: its go.mod replaces one of its needs, which holds there only.
  const build = [
    'build',
    '-trimpath',
    '-ldflags=-s -w',
    '-o',
    join(folder, 'jaeger'),
    './cmd/jaeger',
  ];
  const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local' };
  const built = await run('go', build, buildTimeoutMs, { cwd: source, env });
  return built.ok ? { type: 'ready' } : { type: 'failed', reason: built.reason };
}
