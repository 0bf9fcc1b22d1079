import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startNameServer } from './name-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'names-'));
const socketPath = join(folder, 'names');
afterAll(() => rmSync(folder, { recursive: true }));

const ask = (question: string): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect(socketPath, () => socket.write(`${question}\n`));
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer.trim()));
  });

it('gives a name an address, and leads who dials either to the same place', async () => {
  const dialled: string[] = [];
  const server = await startNameServer({
    socketPath,
    isService: (pod, host) => pod === 'web-0.shop' && ['users', 'orders'].includes(host),
    dial: async (pod, authority) => {
      dialled.push(`${pod} ${authority}`);
      if (authority.endsWith(':1')) throw new Error('refused');
      return authority.endsWith(':8080') ? 23_456 : undefined;
    },
  });
  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  const [users, orders] = [await ask('web-0.shop users'), await ask('web-0.shop orders')];
  expect([users, orders]).toEqual(['127.77.0.1', '127.77.0.2']);
  expect(await ask('web-0.shop users')).toBe(users);
  expect(await ask(`web-0.shop ${orders} 8080`)).toBe('23456');
  expect(await ask('web-0.shop users 8080')).toBe('23456');
  expect(dialled).toEqual(['web-0.shop orders:8080', 'web-0.shop users:8080']);
  for (const unknown of [
    'web-0.shop example.com',
    'other-0.shop users',
    'web-0.shop 127.77.0.9 80',
  ]) {
    expect(await ask(unknown)).toBe('');
  }
  expect([await ask('web-0.shop users 9'), await ask('web-0.shop users 1')]).toEqual(['', '']);
  await server.close();
});
