import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { topology } from '../services/topology.ts';
import { parseResources } from '../src/manifests/load.ts';
import type { Resource } from '../src/manifests/world.ts';
import { renderAddons } from './addons.ts';
import { renderManifests } from './app.ts';

const project = join(import.meta.dirname, '..');
const bin = join(project, 'node_modules', '.bin');
const files = renderManifests(topology);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-cdk8s-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Exit status and output of a program; undefined when it isn't installed. */
async function run(
  program: string,
  ...args: string[]
): Promise<{ status: number; output: string } | undefined> {
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: project, env });
    return { status: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (code === 'ENOENT') return undefined;
    return { status: Number(code), output: stdout === '' ? stderr : stdout };
  }
}

test('cdk8s synth writes the same bytes', async () => {
  const out = join(folder, 'cdk8s');
  const result = await run('cdk8s', 'synth', '--check-upgrade=false', '--output', out);
  expect(result?.status).toBe(0);
  for (const [file, text] of files) {
    expect(await readFile(join(out, file), 'utf8')).toBe(text);
  }
});

/** What `istioctl analyze` finds in a folder, without a cluster; without --all-namespaces it would look at `default` only. */
async function istioFindings(manifests: string): Promise<string[] | undefined> {
  const switches = ['--use-kube=false', '--all-namespaces', '--output=json'];
  const result = await run('istioctl', 'analyze', ...switches, manifests);
  if (result === undefined) return undefined;
  const findings = JSON.parse(result.output.slice(0, result.output.lastIndexOf(']') + 1)) as {
    code: string;
    origin: string;
  }[];
  return findings.map(({ code, origin }) => `${code} ${origin}`);
}

test('istioctl analyze has nothing against the manifests, and would have', async (context) => {
  const findings = await istioFindings(join(project, 'manifests'));
  if (findings === undefined) {
    context.skip('istioctl is not in PATH: install Istio and run the test again');
    return;
  }
  expect(findings).toEqual([]);
  const wrong = await mkdtemp(join(folder, 'wrong-'));
  const text = files.get('storefront.yaml')?.replace('    - storefront\n', '    - nowhere\n') ?? '';
  await writeFile(join(wrong, 'storefront.yaml'), text);
  expect(await istioFindings(wrong)).toContain('IST0101 VirtualService shop/storefront');
});

/** Module and interface of each kind that the manifests hold. */
const interfaceOf = (resource: Resource): { module: string; name: string } => {
  const istio = resource.apiVersion.includes('istio.io');
  const root = istio ? '@kubernetes-models/istio' : 'kubernetes-models';
  return {
    module: `${root}/${resource.apiVersion}/${resource.kind}`,
    name: `I${resource.kind}`,
  };
};

/** Each resource as a literal of its interface: the compiler refuses unknown fields there, at any depth. */
const asTypeScript = (resources: Resource[]): string => {
  const kinds = new Map(
    resources.map((resource) => [interfaceOf(resource).module, interfaceOf(resource).name]),
  );
  const imports = [...kinds].map(([module, name]) => `import type { ${name} } from '${module}';`);
  const values = resources.map(
    (resource, index) =>
      `export const r${index}: ${interfaceOf(resource).name} = ${JSON.stringify(resource.body)};`,
  );
  return [...imports, ...values].join('\n');
};

async function compile(resources: Resource[]): Promise<string> {
  const place = await mkdtemp(join(folder, 'types-'));
  // Where the packages of the types are found.
  await symlink(join(project, 'node_modules'), join(place, 'node_modules'));
  await writeFile(join(place, 'package.json'), '{"type":"module"}');
  await writeFile(join(place, 'manifests.ts'), asTypeScript(resources));
  const compilerOptions = { types: [] };
  const extended = join(project, 'tsconfig.json');
  await writeFile(
    join(place, 'tsconfig.json'),
    JSON.stringify({
      extends: extended,
      compilerOptions,
      include: ['manifests.ts'],
      exclude: [],
    }),
  );
  return (await run('tsc', '--project', place, '--pretty', 'false'))?.output ?? 'tsc is missing';
}

test('no manifest has a field that its kind does not know', async () => {
  const all = [...files, ...renderAddons(topology)];
  const resources = all.flatMap(([file, text]) => parseResources(text, file));
  expect(await compile(resources)).toBe('');
});

test('a field that its kind does not know would be found, also deep inside', async () => {
  const text = files.get('users.yaml')?.replace('maxEjectionPercent', 'maxEjectionPerCent') ?? '';
  expect(await compile(parseResources(text, 'users.yaml'))).toContain(
    `'"maxEjectionPerCent"' does not exist`,
  );
});
