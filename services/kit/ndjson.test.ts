import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { ServiceError } from './errors.ts';
import { readNdjson, startedStream, writeNdjson } from './ndjson.ts';

const schema = Type.Object({ sku: Type.String() }, { additionalProperties: false });

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part as string);
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe('readNdjson', () => {
  test('gives a value a line, wherever the chunks are cut, and skips empty lines', async () => {
    const text = Buffer.from('{"sku":"äpple"}\r\n\n{"sku":"b"}\n{"sku":"c"}');
    for (let cut = 0; cut <= text.length; cut++) {
      const parts = chunks(text.subarray(0, cut), text.subarray(cut));
      expect(await all(readNdjson(parts, schema))).toEqual([
        { sku: 'äpple' },
        { sku: 'b' },
        { sku: 'c' },
      ]);
    }
  });

  test.each([
    ['{"sku":"a"}\nnope\n', 'line 2 is not JSON'],
    ['{"sku":"a"}\n{"sku":1}', 'line 2 /sku must be string'],
    ['{"sku":"a","x":1}\n', 'line 1 '],
    ['\n\n[]', 'line 3 must be object'],
  ])('names the line of %j that is wrong: %s', async (text, message) => {
    await expect(all(readNdjson(chunks(text), schema))).rejects.toThrow(message);
  });

  test('a line without an end is refused before it is all in memory', async () => {
    let given = 0;
    const endless = (async function* () {
      for (; given < 1000; given++) yield Buffer.from('x'.repeat(50));
    })();
    const limits = { maxLineBytes: 100 };
    await expect(all(readNdjson(endless, schema, limits))).rejects.toThrow('longer than 100 bytes');
    expect(given).toBe(2);
  });

  test('takes as many lines as allowed and no more', async () => {
    const lines = (count: number) => chunks('{"sku":"a"}\n'.repeat(count));
    expect(await all(readNdjson(lines(3), schema, { maxLines: 3 }))).toHaveLength(3);
    await expect(all(readNdjson(lines(4), schema, { maxLines: 3 }))).rejects.toThrow(
      'line 4 is one more than the 3 lines allowed',
    );
  });
});

describe('writing', () => {
  const failing = async function* () {
    yield 1;
    throw new ServiceError('not-found', 'no such thing');
  };

  test('an error after the first value becomes a last line that says so', async () => {
    const lines = await all(writeNdjson(failing()));
    expect(lines[0]).toBe('1\n');
    expect(JSON.parse(lines[1] as string)).toMatchObject({
      problem: { status: 404, code: 'not-found', detail: 'no such thing' },
    });
    expect(lines).toHaveLength(2);
  });

  test('an error before the first value is thrown while the status can still tell', async () => {
    const numbers = async function* (broken: boolean): AsyncGenerator<number, void, undefined> {
      if (broken) throw new ServiceError('not-found', 'no such thing');
      yield 1;
    };
    await expect(startedStream(numbers(true))).rejects.toThrow('no such thing');
  });

  test('a started stream gives every value, and closes its source when left early', async () => {
    let closed = false;
    const source = async function* (): AsyncGenerator<number, void, undefined> {
      try {
        yield 1;
        yield 2;
        yield 3;
      } finally {
        closed = true;
      }
    };
    expect(await all(await startedStream(source()))).toEqual([1, 2, 3]);
    for (const last of [1, 2]) {
      closed = false;
      for await (const value of await startedStream(source())) if (value === last) break;
      expect(closed).toBe(true);
    }
  });
});
