import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { topology } from '../services/topology.ts';
import { isReverted, revertedKinds } from '../src/cluster/reaper/kinds.ts';
import { asRecord, asRecords, asStrings } from '../src/manifests/fields.ts';
import { parseResources } from '../src/manifests/load.ts';
import type { Resource } from '../src/manifests/world.ts';
import { schemaProblems } from '../src/synth/schema.ts';
import { renderAddons } from './addons.ts';

const files = renderAddons(topology);
const folder = join(import.meta.dirname, '..', 'addons');

test('addons/ is what synth writes, byte by byte', async () => {
  const names = await readdir(folder, { recursive: true });
  expect(names.filter((name) => name.endsWith('.yaml')).sort()).toEqual([...files.keys()]);
  for (const [file, text] of files) {
    expect(`${file}\n${await readFile(join(folder, file), 'utf8')}`).toBe(`${file}\n${text}`);
  }
});

test('are the same on a second run', () => {
  expect([...renderAddons(topology)]).toEqual([...files]);
});

test('hold only what the schemas allow, and each says that it is ours', async () => {
  for (const resource of [...files].flatMap(([file, text]) => parseResources(text, file))) {
    const { kind, metadata } = resource;
    expect([kind, metadata.name, await schemaProblems(resource)]).toEqual([
      kind,
      metadata.name,
      [],
    ]);
    expect([metadata.name, metadata.labels['app.kubernetes.io/managed-by']]).toEqual([
      metadata.name,
      'windtunnel',
    ]);
  }
});

describe('the reaper', () => {
  const reaper = parseResources(files.get('reaper.yaml') ?? '', 'reaper.yaml');
  const of = (kind: string): Resource => {
    const found = reaper.find((resource) => resource.kind === kind);
    if (found === undefined) throw new Error(`no ${kind}`);
    return found;
  };
  const pod = asRecord(asRecord(asRecord(of('Deployment').body.spec).template).spec);

  test('runs outside the mesh, in a namespace that demands the restricted standard', () => {
    expect(of('Namespace').metadata.labels).toMatchObject({
      'istio-injection': 'disabled',
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    expect(pod).toMatchObject({
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          command: ['node', 'src/cluster/reaper/main.ts'],
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
    });
  });

  test('may do in the shop only what a revert takes, and nothing elsewhere', () => {
    const roles = reaper.filter(({ kind }) => kind.includes('Role'));
    expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual([
      'Role shop',
      'RoleBinding shop',
    ]);
    for (const rule of asRecords(of('Role').body.rules)) {
      const words = [rule.apiGroups, rule.resources, rule.verbs].flatMap(asStrings);
      expect(words).not.toContain('*');
      expect(words).not.toContain('secrets');
      expect(asStrings(rule.verbs)).not.toContain('patch');
    }
  });

  test('may put back every kind that a lease is given for', () => {
    const rules = asRecords(of('Role').body.rules);
    for (const { apiGroup, kinds } of revertedKinds) {
      const rule = rules.find(({ apiGroups }) => asStrings(apiGroups).includes(apiGroup));
      for (const [kind, resource] of Object.entries(kinds)) {
        expect(isReverted({ apiVersion: `${apiGroup}/v1`, kind })).toBe(true);
        expect(asStrings(rule?.resources)).toContain(resource);
      }
    }
    expect(isReverted({ apiVersion: 'v1', kind: 'Secret' })).toBe(false);
    expect(isReverted({ apiVersion: 'example.com/v1', kind: 'VirtualService' })).toBe(false);
  });
});
