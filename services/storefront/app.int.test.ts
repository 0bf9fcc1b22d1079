import { afterEach, expect, test } from 'vitest';
import type { HttpService } from '../kit/http-server.ts';
import { buildStorefront } from './app.ts';

const notCalled = () => Promise.reject(new Error('not called'));
let service: HttpService;
afterEach(() => service.forceStop());

// A watch that never ends by itself, and what the storefront tells it.
async function watch(): Promise<{ url: string; signal: () => AbortSignal | undefined }> {
  let given: AbortSignal | undefined;
  service = buildStorefront({
    clients: {
      users: { get: notCalled },
      orders: { place: notCalled, get: notCalled },
      inventory: {
        async *watchStock(sku, _context, signal) {
          given = signal;
          yield { sku, quantity: 1, version: 1 };
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
        importStock: notCalled,
        async *reconcile() {},
      },
    },
  });
  const port = await service.listen({ host: '127.0.0.1', port: 0 });
  return { url: `http://127.0.0.1:${port}/stock/apple/events`, signal: () => given };
}

function aborted(signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', resolve));
}

test('a customer who leaves ends the call to inventory', async () => {
  const { url, signal } = await watch();
  const gone = new AbortController();
  await fetch(url, { signal: gone.signal });
  expect(signal()?.aborted).toBe(false);
  gone.abort();
  await aborted(signal());
  expect(signal()?.aborted).toBe(true);
});

test('a server that stops ends its streams, and then itself', async () => {
  const { url, signal } = await watch();
  const response = await fetch(url);
  await service.stop();
  expect(signal()?.aborted).toBe(true);
  expect(await response.text()).toBe('{"sku":"apple","quantity":1,"version":1}\n');
});
