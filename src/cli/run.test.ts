import { describe, expect, test } from 'vitest';
import { WindtunnelError } from '../errors.ts';
import type { Command } from './command.ts';
import { silentProgress } from '../progress.ts';
import { runCli } from './run.ts';

const fail: Command = {
  name: 'fail',
  summary: 'fails',
  usage: '',
  description: 'Fails on purpose.',
  options: { port: { type: 'string', value: 'N', help: 'a port' } },
  run: () => {
    throw new WindtunnelError('port-in-use', 'port 8080 is taken', { next: 'choose another' });
  },
};
const two: Command = {
  ...fail,
  name: 'experiment run',
  summary: 'runs',
  mostPositionals: 1,
  run: async ({ positionals, options }) => (positionals[0] === 'x' && options.port === '1' ? 0 : 9),
};

const call: Command = {
  ...fail,
  name: 'call',
  summary: 'calls',
  mostPositionals: 1,
  takesParameters: true,
  run: async ({ parameters, options, positionals }) =>
    JSON.stringify([parameters, options.port, positionals]) ===
    JSON.stringify([{ id: '123', sku: 'a=b' }, '1', ['users.get']])
      ? 0
      : 9,
};

const cli = async (...argv: string[]): Promise<{ status: number; out: string; err: string }> => {
  const out: string[] = [];
  const err: string[] = [];
  const status = await runCli(argv, [fail, two, call], {
    projectDir: '/p',
    cwd: '/p',
    env: {},
    print: (line) => out.push(line),
    printError: (line) => err.push(line),
    progress: silentProgress,
    signal: new AbortController().signal,
  });
  return { status, out: out.join('\n'), err: err.join('\n') };
};

describe('the command line', () => {
  test('lists every command under --help and exits 0', async () => {
    const { status, out } = await cli('--help');
    expect(status).toBe(0);
    expect(out).toMatch(/fail\s+fails/);
    expect(out).toMatch(/experiment run\s+runs/);
  });

  test('without a command shows the same and exits 2', async () => {
    expect((await cli()).status).toBe(2);
  });

  test('finds commands of two words and hands over options and positionals', async () => {
    expect((await cli('experiment', 'run', 'x', '--port', '1')).status).toBe(0);
  });

  test('a command that takes parameters gets the ones it does not list', async () => {
    const argv = ['call', 'users.get', '--id', '123', '--port', '1', '--sku=a=b'];
    expect((await cli(...argv)).status).toBe(0);
    expect((await cli('call', 'users.get', '--id')).err).toContain('--id needs a value');
  });

  test('a command tells its options under --help without running', async () => {
    const { status, out } = await cli('fail', '--help');
    expect(status).toBe(0);
    expect(out).toContain('--port N');
  });

  test('an unknown command names the ones that are near', async () => {
    const { status, err } = await cli('experiment', 'walk');
    expect(status).toBe(2);
    expect(err).toContain("no command 'experiment walk'");
    expect(err).toContain('experiment run');
    expect(err).not.toContain('one of: fail');
  });

  test('an unknown option is a usage error that names the help', async () => {
    const { status, err } = await cli('fail', '--nope');
    expect(status).toBe(2);
    expect(err).toContain('--nope');
    expect(err).toContain('windtunnel fail --help');
  });

  test('a word that the command does not take is a usage error that names it', async () => {
    const { status, err } = await cli('experiment', 'run', 'x', 'y');
    expect(status).toBe(2);
    expect(err).toContain("'y'");
  });

  test('an error is printed with its code and its next step, and exits 1', async () => {
    const { status, err } = await cli('fail');
    expect(status).toBe(1);
    expect(err).toContain('port 8080 is taken [port-in-use]');
    expect(err).toContain('next: choose another');
  });
});
