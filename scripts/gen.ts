import { spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';

/** One contract and the folder its types go to; paths are relative to the project. */
interface GeneratedContract {
  protoFile: string;
  genDir: string;
}

const projectDir = dirname(import.meta.dirname);

/** Every `services/NAME/*.proto`, with the `gen/` beside it, sorted by name. */
export function contracts(): GeneratedContract[] {
  return globSync('services/*/*.proto', { cwd: projectDir })
    .sort()
    .map((protoFile) => ({ protoFile, genDir: join(dirname(protoFile), 'gen') }));
}

/** Generated files of a folder: path to content. */
function filesOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    globSync('**/*.ts', { cwd: folder })
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
}

/**
 * Writes the TypeScript types of one contract into `outDir`, which is emptied first.
 * The options give type-only files, so that Node can run what imports them without a build step;
 * `services/kit/proto.ts` loads messages with the same choices.
 * Throws an Error with the generator's output when it fails.
 */
export function generate(protoFile: string, outDir: string): void {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  const generator = join(projectDir, 'node_modules', '.bin', 'proto-loader-gen-types');
  if (!existsSync(generator))
    throw new Error('proto-loader-gen-types is not installed: run npm ci');
  const run = spawnSync(
    process.execPath,
    [
      generator,
      '--longs=Number',
      '--enums=String',
      '--defaults',
      '--oneofs',
      '--grpcLib=@grpc/grpc-js',
      '--importFileExtension=.ts',
      '--targetFileExtension=.ts',
      `--includeDirs=${join(projectDir, dirname(protoFile))}`,
      `--outDir=${outDir}`,
      basename(protoFile),
    ],
    { cwd: join(projectDir, dirname(protoFile)), encoding: 'utf8' },
  );
  if (run.status !== 0) throw new Error(`${protoFile}: ${run.stdout}${run.stderr}`);
  // The generator writes where the contract lay on this machine; the same bytes must come out on every other.
  for (const file of globSync('**/*.ts', { cwd: outDir })) {
    const path = join(outDir, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`${projectDir}/`, ''));
  }
}

/** Whether the committed types of a contract are what the generator gives today; writes nothing there. */
export function isFresh({ protoFile, genDir }: GeneratedContract): boolean {
  const scratch = mkdtempSync(join(tmpdir(), 'windtunnel-gen-'));
  try {
    generate(protoFile, scratch);
    return isDeepStrictEqual(filesOf(join(projectDir, genDir)), filesOf(scratch));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  for (const contract of contracts()) {
    const { protoFile, genDir } = contract;
    if (!values.check) {
      generate(protoFile, join(projectDir, genDir));
      process.stdout.write(`${protoFile} -> ${genDir}\n`);
    } else if (!isFresh(contract)) {
      process.stderr.write(`${genDir} is not what ${protoFile} gives: run npm run gen\n`);
      process.exitCode = 1;
    }
  }
}
