import { describe, expect, test } from 'vitest';
import { type Ending, type ProgramEnd, runProgram } from './run-program.ts';

const kill: Ending = { signal: 'SIGKILL', graceMs: 0, group: true };
const never = new AbortController().signal;
const shell = (
  script: string,
  more: Partial<Parameters<typeof runProgram>[2]> = {},
): Promise<ProgramEnd> =>
  runProgram('sh', ['-c', script], {
    env: process.env,
    signal: never,
    timeoutMs: 20_000,
    ending: kill,
    ...more,
  });

describe('a program', () => {
  test('that ends by itself tells its status and all that it wrote', async () => {
    expect(await shell('cat; echo no >&2; exit 3', { input: 'yes' })).toEqual({
      status: 3,
      signal: null,
      stopped: undefined,
      stdout: 'yes',
      stderr: 'no\n',
    });
  });

  test('is heard piece by piece, and keeps the end of what it wrote', async () => {
    const heard: string[] = [];
    const onText = (stream: string, text: string): void => void heard.push(`${stream} ${text}`);
    expect(await shell('printf 12345', { onText, keptChars: 3 })).toMatchObject({ stdout: '345' });
    expect(heard).toEqual(['stdout 12345']);
  });

  test('that takes too long is ended', async () => {
    const late = await shell('sleep 30', { timeoutMs: 200 });
    expect(late).toMatchObject({ status: null, signal: 'SIGKILL', stopped: 'timeout' });
  });

  test('may end in order when it is interrupted, and is killed when it does not', async () => {
    const abort = new AbortController();
    const asked: Ending = { signal: 'SIGTERM', graceMs: 300, group: false };
    const script = (answer: string): string =>
      `trap '${answer}' TERM; echo up; while :; do :; done`;
    const interrupt = (): void => abort.abort();
    const options = { signal: abort.signal, ending: asked, onText: interrupt };
    expect(await shell(script('exit 7'), options)).toMatchObject({
      status: 7,
      stopped: 'interrupted',
    });
    const second = new AbortController();
    const deaf = { ...options, signal: second.signal, onText: () => second.abort() };
    expect(await shell(script(''), deaf)).toMatchObject({
      signal: 'SIGKILL',
      stopped: 'interrupted',
    });
  });

  test('that is not there is an error of Node', async () => {
    const none = runProgram('windtunnel-none', [], {
      env: {},
      signal: never,
      timeoutMs: 1000,
      ending: kill,
    });
    await expect(none).rejects.toThrow('ENOENT');
  });
});
