import { describe, expect, it } from 'vitest';
import { buildWorld } from '../../manifests/build-world.ts';
import { parseResources } from '../../manifests/load.ts';
import type { Container } from '../../manifests/world.ts';
import { expand, rewriteContainer } from './container-env.ts';
import { serviceNames } from '../references.ts';

const world = buildWorld(
  parseResources(
    `
apiVersion: v1
kind: Service
metadata: { name: users, namespace: shop }
spec: { selector: { app: users }, ports: [{ name: http, port: 8080 }] }
`,
    'services.yaml',
  ),
);

const rewrite = (container: Partial<Container>) =>
  rewriteContainer({
    container: {
      name: 'app',
      image: 'x',
      command: [],
      args: [],
      workingDir: undefined,
      env: [],
      ports: [],
      readiness: undefined,
      liveness: undefined,
      ...container,
    },
    names: serviceNames(world, 'shop'),
    outboundPort: (authority) => (authority.startsWith('users') ? 20_001 : undefined),
    appPorts: new Map([[3000, 20_002]]),
    fieldValue: (path) => (path === 'metadata.name' ? 'users-0' : undefined),
  });

const variable = (name: string, value: string): string | undefined =>
  rewrite({ env: [{ name, value }] }).env[name];

describe('rewriteContainer', () => {
  it("puts the caller's listener in place of a Service, in variables, arguments and commands", () => {
    const { command, args, env } = rewrite({
      command: ['node', 'main.js', '--users=users:8080'],
      args: ['--url', 'http://users.shop:8080/v1'],
      env: [{ name: 'USERS_ADDR', value: 'users:8080' }],
    });
    expect(command).toEqual(['node', 'main.js', '--users=127.0.0.1:20001']);
    expect(args).toEqual(['--url', 'http://127.0.0.1:20001/v1']);
    expect(env).toEqual({ USERS_ADDR: '127.0.0.1:20001' });
  });

  it('rewrites host and port that are told separately', () => {
    const { env } = rewrite({
      env: [
        { name: 'USERS_HOST', value: 'users' },
        { name: 'USERS_PORT', value: '8080' },
      ],
    });
    expect(env).toEqual({ USERS_HOST: '127.0.0.1', USERS_PORT: '20001' });
  });

  it.each([
    ['PORT', '3000', '20002'],
    ['LISTEN_ADDR', ':3000', '127.0.0.1:20002'],
    ['BIND', '0.0.0.0:3000', '127.0.0.1:20002'],
    ['SELF_URL', 'http://localhost:3000/x', 'http://localhost:20002/x'],
    ['HOST', '0.0.0.0', '127.0.0.1'],
    ['PORT', '3001', '3001'],
    ['LIMIT', '3000', '3000'],
  ])('gives %s=%s the value %s', (name, value, expected) => {
    expect(variable(name, value)).toBe(expected);
  });

  it("rewrites the process' own port on the command line", () => {
    const args = (line: string): string => rewrite({ args: line.split(' ') }).args.join(' ');
    expect(args('--port=3000 --port 3000 --count 3000')).toBe(
      '--port=20002 --port 20002 --count 3000',
    );
    expect(args('serve 3000 --bind 0.0.0.0')).toBe('serve 20002 --bind 127.0.0.1');
  });

  it('fills in facts of the pod and earlier variables', () => {
    const { env, args } = rewrite({
      env: [
        { name: 'POD', value: '', from: 'metadata.name' },
        { name: 'TITLE', value: 'I am $(POD), not $$(POD) or $(NOBODY)' },
      ],
      args: ['--name=$(POD)'],
    });
    expect(env.TITLE).toBe('I am users-0, not $(POD) or $(NOBODY)');
    expect(args).toEqual(['--name=users-0']);
  });
});

it('leaves what is no variable', () => {
  expect(expand('$HOME $(A) $((1))', { A: 'b' })).toBe('$HOME b $((1))');
});
