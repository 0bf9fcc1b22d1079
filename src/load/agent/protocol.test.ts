import { describe, expect, test } from 'vitest';
import { WindtunnelError } from '../../errors.ts';
import { createLineReader } from './lines.ts';
import { checkHello, isMalformed, parseAnswer, parseCommand, protocolVersion } from './protocol.ts';

const where = {
  address: 'users',
  port: 8080,
  authority: 'users:8080',
  path: '/users/1',
  timeoutMs: 1,
};
const plan = {
  arrivals: { kind: 'poisson', ratePerSecond: 300 },
  requests: 600,
  seed: -7,
  requestIdPrefix: 'wt-',
  maxOutstanding: 10,
};
const good: object[] = [
  { do: 'open', id: 0, request: { protocol: 'http', ...where, method: 'POST', body: { a: 1 } } },
  { do: 'open', id: 1, request: { protocol: 'grpc', ...where, messageBase64: 'CgFh' } },
  { do: 'send', id: 2, source: 0, requestId: 'wt-1' },
  { do: 'run', id: 3, source: 0, plan },
  { do: 'stop', id: 4, run: 3 },
  { do: 'close', id: 5, source: 0 },
  { do: 'ping', id: 6 },
];

describe('a command', () => {
  test.each(good)('is read as it was written: %o', (command) => {
    expect(parseCommand(JSON.stringify(command))).toEqual(command);
  });

  test.each(good)(
    'is malformed when any of its fields is missing, or one is too many: %o',
    (command) => {
      for (const key of Object.keys(command)) {
        const { [key]: _, ...rest } = command as Record<string, unknown>;
        expect(isMalformed(parseCommand(JSON.stringify(rest)))).toBe(true);
      }
      expect(isMalformed(parseCommand(JSON.stringify({ ...command, more: 1 })))).toBe(true);
    },
  );

  test.each([
    ['', null, 'no JSON object'],
    ['[]', null, 'no JSON object'],
    ['null', null, 'no JSON object'],
    ['{"do":"open"', null, 'no JSON object'],
    ['{"id":7}', 7, 'no such command: undefined'],
    ['{"id":7,"do":"explode"}', 7, 'no such command: explode'],
    ['{"id":-1,"do":"ping"}', null, 'ping: /id'],
    ['{"id":7,"do":"stop"}', 7, 'stop:'],
    [
      JSON.stringify({ do: 'run', id: 7, source: 0, plan: { ...plan, seed: 0.5 } }),
      7,
      '/plan/seed',
    ],
    [JSON.stringify({ ...good[1], id: 7, request: { protocol: 'grpc', ...where } }), 7, 'open:'],
  ])('%s is malformed, and its number is known if it has one', (line, id, problem) => {
    expect(parseCommand(line)).toEqual({ id, problem: expect.stringContaining(problem) });
  });
});

describe('an answer', () => {
  test('is told from what else a process may print', () => {
    expect(parseAnswer('{"id":1,"done":null}')).toEqual({ id: 1, done: null });
    expect(parseAnswer('(node:1) Warning: something')).toBeUndefined();
    expect(parseAnswer('"text"')).toBeUndefined();
    expect(parseAnswer('{"other":1}')).toBeUndefined();
  });

  test('of another version of the program is refused, with what to do', () => {
    expect(() => checkHello(protocolVersion, 'x')).not.toThrow();
    for (const other of [protocolVersion + 1, undefined, '1']) {
      expect(() => checkHello(other, 'windtunnel/cli:0.0.9 in pod shop/a')).toThrow(
        WindtunnelError,
      );
    }
    expect(() => checkHello(0, 'windtunnel/cli:0.0.9 in pod shop/a')).toThrow(
      /windtunnel\/cli:0\.0\.9 in pod shop\/a speaks version 0/,
    );
  });
});

describe('lines', () => {
  const read = (chunks: string[], maxBytes = 100): { lines: string[]; tooLong: number } => {
    const seen = { lines: [] as string[], tooLong: 0 };
    const receive = createLineReader(
      (line) => seen.lines.push(line),
      maxBytes,
      () => seen.tooLong++,
    );
    for (const chunk of chunks) receive(Buffer.from(chunk));
    return seen;
  };

  test('are the same however the bytes are split', () => {
    const text = 'one\ntwo öä\r\n\nthree\n';
    const bytes = [...Buffer.from(text)];
    const whole = { lines: ['one', 'two öä', 'three'], tooLong: 0 };
    expect(read([text])).toEqual(whole);
    const seen: string[] = [];
    const receive = createLineReader(
      (line) => seen.push(line),
      100,
      () => {},
    );
    for (const byte of bytes) receive(Uint8Array.of(byte));
    expect(seen).toEqual(whole.lines);
  });

  test('without an end are kept back', () => {
    expect(read(['one\ntw']).lines).toEqual(['one']);
  });

  test('that are too long are dropped once, and the next ones are read', () => {
    expect(read(['ok\n', 'x'.repeat(11), 'x'.repeat(11), '\nnext\n'], 10)).toEqual({
      lines: ['ok', 'next'],
      tooLong: 1,
    });
  });
});
