import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { createFrameReader, createMux, type Mux } from './relay.mjs';

/** Two muxes joined by streams that cut what is sent into pieces of odd sizes. */
function joined(onOpen: Parameters<typeof createMux>[0]['onOpen']): {
  client: Mux;
  server: Mux;
  sent: () => number;
} {
  let sent = 0;
  const cut = (to: () => Mux) => (bytes: Buffer) => {
    sent += bytes.length;
    for (let at = 0; at < bytes.length; at += 7001) {
      const piece = bytes.subarray(at, at + 7001);
      setImmediate(() => to().receive(piece));
    }
  };
  const server: Mux = createMux({ write: cut(() => client), ...(onOpen ? { onOpen } : {}) });
  const client: Mux = createMux({ write: cut(() => server) });
  return { client, server, sent: () => sent };
}

describe('the framing of a relay', () => {
  test('frames come out whole however their bytes are split and joined', () => {
    const sent: Buffer[] = [];
    const mux = createMux({ write: (bytes) => sent.push(bytes) });
    mux.open('users:8080').write('hello');
    mux.ping();
    const all = Buffer.concat(sent);
    for (const size of [1, 3, all.length]) {
      const seen: [number, number, string][] = [];
      const read = createFrameReader((type, id, payload) => seen.push([type, id, String(payload)]));
      for (let at = 0; at < all.length; at += size) read(all.subarray(at, at + size));
      expect(seen).toEqual([
        [1, 1, 'users:8080'],
        [2, 1, 'hello'],
        [6, 0, ''],
      ]);
    }
  });

  test('what is no frame is refused instead of being waited for', () => {
    const read = createFrameReader(() => {});
    expect(() => read(Buffer.from('HTTP/1.1 200 OK\r\n'))).toThrow(/a frame of/);
  });
});

describe('connections over one stream', () => {
  test('megabytes come back byte for byte, on several connections at once', async () => {
    const { client } = joined((_target, stream) => stream.pipe(stream));
    const sizes = [0, 1, 300_000, 3_000_000];
    await Promise.all(
      sizes.map(async (size, index) => {
        const stream = client.open(`echo:${index}`);
        const content = Buffer.alloc(size, `${index}-abcdefgh`);
        stream.end(content);
        expect((await buffer(stream)).equals(content)).toBe(true);
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(client.size()).toBe(0);
  });

  test('a half-closed connection still brings the answer', async () => {
    const { client } = joined((target, stream) => {
      void text(stream).then((asked) => stream.end(`${target} heard ${asked}`));
    });
    const stream = client.open('a:1');
    stream.end('all of it');
    expect(await text(stream)).toBe('a:1 heard all of it');
  });

  test('a reader that is slow stops its own connection only, at the window', async () => {
    const { client, sent } = joined((target, stream) => {
      if (target === 'slow:1') return;
      stream.pipe(stream);
    });
    const slow = client.open('slow:1');
    slow.write(Buffer.alloc(5_000_000));
    const quick = client.open('quick:1');
    quick.end('ping');
    expect(await text(quick)).toBe('ping');
    expect(sent()).toBeLessThan(200_000);
  });

  test('a dial that fails resets the connection and tells why', async () => {
    const { client } = joined((_target, stream) =>
      stream.destroy(new Error('getaddrinfo ENOTFOUND nope')),
    );
    const stream = client.open('nope:80');
    await expect(once(stream, 'close')).rejects.toThrow('getaddrinfo ENOTFOUND nope');
  });

  test('one connection too many is refused, and all end with the stream', async () => {
    const sink = new PassThrough();
    const mux = createMux({ write: (bytes) => sink.write(bytes) });
    const streams = Array.from({ length: 1024 }, (_, index) => mux.open(`a:${index}`));
    expect(() => mux.open('a:1024')).toThrow('more than 1024 connections');
    mux.fail('the pod is gone');
    await new Promise((resolve) => setImmediate(resolve));
    expect(streams.every((stream) => stream.errored?.message === 'the pod is gone')).toBe(true);
    expect(mux.size()).toBe(0);
  });
});
