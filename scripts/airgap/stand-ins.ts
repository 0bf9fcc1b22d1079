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
/** Jaeger takes 4.6 minutes on two busy cores when nothing is cached, most of them for its 250 modules. */
const buildTimeoutMs = 15 * 60_000;

/** A program as Go's module proxy has it. */
interface GoProgram {
  file: string;
  module: string;
  version: string;
  /** Inside the module. */
  package: string;
  tags?: string[];
  linkerFlags?: string;
}

/** Version 2.13 of the program: its module counts on from version 1, and no later one is to be had as a module. */
const jaeger: GoProgram = {
  file: 'jaeger',
  module: 'github.com/jaegertracing/jaeger',
  version: 'v1.76.0',
  package: './cmd/jaeger',
};

/**
 * Version 3.15.0 of the program, as the charts pin it. Debian's package is no substitute: it is built without the discovery
 * of pods. Of the discoveries only that one is built in here, which leaves out most of what it would need.
 */
const prometheus: GoProgram = {
  file: 'prometheus',
  module: 'github.com/prometheus/prometheus',
  version: 'v0.315.0',
  package: './cmd/prometheus',
  tags: ['remove_all_sd', 'enable_kubernetes_sd'],
  linkerFlags: '-X github.com/prometheus/common/version.Version=3.15.0',
};

/** The images that can be made; Kiali can't: its pages are no package. */
export const standIns: Partial<Record<keyof typeof images, StandIn>> = {
  jaeger: goStandIn(jaeger, {
    title: 'Jaeger 2.13, without its pages',
    path: '/cmd/jaeger/jaeger-linux',
    check: { user: '10001', args: ['version'] },
  }),
  prometheus: goStandIn(prometheus, {
    title: 'Prometheus 3.15.0, without its pages',
    path: '/bin/prometheus',
    check: { user: '65534', args: ['--version'] },
  }),
};

function goStandIn(
  program: GoProgram,
  { title, path, check }: { title: string; path: string; check: StandIn['check'] },
): StandIn {
  const { file, module, version } = program;
  return {
    what: `the Go module ${module} ${version} (${title})`,
    files: [file],
    makeProgram: (folder) => buildProgram(program, folder),
    // A program of Go without cgo needs nothing of an operating system beside itself.
    dockerfile: `FROM scratch\nCOPY ${file} ${path}\nUSER ${check.user}\nENTRYPOINT ["${path}"]\n`,
    check,
  };
}

async function buildProgram(program: GoProgram, folder: string): Promise<Program> {
  const { file, module, version, tags = [], linkerFlags = '' } = program;
  const go = await run('go', ['version'], 20_000);
  if (!go.ok) {
    return { type: 'impossible', reason: `it is built by Go, which is not here (${go.reason})` };
  }
  // No toolchain is fetched, and no workspace has a say: not this machine's, and not the module's own.
  const env = {
    CGO_ENABLED: '0',
    GOFLAGS: '-mod=readonly -buildvcs=false',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
  };
  const download = ['mod', 'download', '-json', `${module}@${version}`];
  const fetched = await run('go', download, downloadTimeoutMs, {
    cwd: folder,
    env: { GOWORK: 'off' },
  });
  if (!fetched.ok) return { type: 'failed', reason: fetched.reason };
  const { Dir: source } = JSON.parse(fetched.output) as { Dir: string };
  const build = ['build', '-trimpath', `-ldflags=-s -w ${linkerFlags}`, `-tags=${tags.join(',')}`];
  // In the module's own folder: what its go.mod replaces is replaced there only.
  const built = await run(
    'go',
    [...build, '-o', join(folder, file), program.package],
    buildTimeoutMs,
    {
      cwd: source,
      env,
    },
  );
  return built.ok ? { type: 'ready' } : { type: 'failed', reason: built.reason };
}
