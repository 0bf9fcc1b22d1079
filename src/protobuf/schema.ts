import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';
import { WindtunnelError } from '../errors.ts';

/** Finds message types by full name, reading `.proto` files only when they are asked for. */
export interface Schema {
  /** The type `envoy.config.listener.v3.Listener`; undefined when no `.proto` has it. */
  find(fullName: string): protobuf.Type | undefined;
  /** How many files were parsed so far. */
  parsedFiles(): number;
}

const folders = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'];

// They only define options (documentation, validation rules); a third of all parsing would go into them.
const optionsOnly =
  /^(validate\/|udpa\/annotations\/|envoy\/annotations\/|xds\/annotations\/|google\/protobuf\/descriptor)/;

/** The folders that hold the `.proto` files of Envoy's API, which come with `@grpc/grpc-js-xds`. */
function protoFolders(): string[] {
  const require = createRequire(import.meta.url);
  let dir = dirname(require.resolve('@grpc/grpc-js-xds'));
  for (let up = 0; up < 5 && !existsSync(join(dir, 'deps')); up++) dir = dirname(dir);
  const found = folders.map((name) => join(dir, 'deps', name)).filter((path) => existsSync(path));
  if (found.length === folders.length) return found;
  throw new WindtunnelError('missing-tool', `no Envoy API definitions under ${dir}/deps`, {
    next: 'npm ci brings them, with the package @grpc/grpc-js-xds',
  });
}

/**
 * Makes a {@link Schema} over `.proto` folders. Measured: the 70 files that a sidecar's configuration needs take
 * 0.1 s once a process, so nothing is kept on disk.
 */
export function createSchema(roots: string[] = protoFolders()): Schema {
  const root = new protobuf.Root();
  const loaded = new Set<string>();
  let parsed = 0;

  const loadFile = (file: string): void => {
    if (loaded.has(file) || optionsOnly.test(file)) return;
    loaded.add(file);
    const path = roots.map((dir) => join(dir, file)).find((candidate) => existsSync(candidate));
    if (path === undefined) {
      const common = protobuf.common.get(file);
      if (common?.nested) root.addJSON(common.nested);
      return;
    }
    const result = protobuf.parse(readFileSync(path, 'utf8'), root, { keepCase: true });
    parsed++;
    for (const imported of result.imports ?? []) loadFile(imported);
    for (const imported of result.weakImports ?? []) loadFile(imported);
  };

  const lookup = (fullName: string): protobuf.Type | undefined => {
    const found = root.lookup(`.${fullName}`, [protobuf.Type]);
    return found instanceof protobuf.Type ? found : undefined;
  };

  const loadPackage = (fullName: string): void => {
    // A package's files lie in the folder of its name; a nested type's parent is no package.
    const parts = fullName.split('.').slice(0, -1);
    for (const dir of roots) {
      for (let length = parts.length; length > 1; length--) {
        const folder = parts.slice(0, length).join('/');
        if (!existsSync(join(dir, folder))) continue;
        for (const name of readdirSync(join(dir, folder))) {
          if (name.endsWith('.proto')) loadFile(`${folder}/${name}`);
        }
        break;
      }
    }
  };

  return {
    find: (fullName) => {
      const known = lookup(fullName);
      if (known) return known;
      loadPackage(fullName);
      return lookup(fullName);
    },
    parsedFiles: () => parsed,
  };
}
