import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBoundedMap } from '../kit/bounded-map.ts';
import { createFaultPlan } from '../kit/fault-plan.ts';
import type { Service } from '../kit/service.ts';
import { buildInventory } from './app.ts';
import { createInventoryClient, type InventoryClient } from './client.ts';
import type { Stock } from './stock.ts';
import { createWatchers, type Watchers } from './watchers.ts';

let stock: Stock;
let watchers: Watchers;
let service: Service;
let client: InventoryClient;
const never = new AbortController().signal;

beforeEach(async () => {
  stock = {
    items: new Map([
      ['apple', { quantity: 10, unitPriceCents: 50, version: 1 }],
      ['book', { quantity: 3, unitPriceCents: 1500, version: 1 }],
    ]),
    reservations: createBoundedMap(100),
  };
  watchers = createWatchers(3);
  const faults = createFaultPlan({ probability: 0, seed: 1 });
  service = buildInventory({ stock, watchers, faults });
  const port = await service.listen({ host: '127.0.0.1', port: 0 });
  client = createInventoryClient(`127.0.0.1:${port}`);
});
afterEach(() => {
  client.close();
  service.forceStop();
});

async function* of<Value>(...values: Value[]): AsyncGenerator<Value> {
  yield* values;
}

const reserve = (reservationId: string, quantity: number) =>
  client.reserve({ reservationId, sku: 'apple', quantity }, {});

async function untilTrue(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !condition(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(condition()).toBe(true);
}

describe('Reserve', () => {
  test('reserves once per id', async () => {
    const first = await reserve('o-1:apple', 4);
    expect(first).toEqual({
      ok: true,
      value: { reservationId: 'o-1:apple', unitPriceCents: 50, remaining: 6 },
    });
    expect(await reserve('o-1:apple', 4)).toEqual(first);
    expect(stock.items.get('apple')?.quantity).toBe(6);
  });

  test.each([
    [{ reservationId: 'r', sku: 'dodo', quantity: 1 }, 'not-found'],
    [{ reservationId: 'r', sku: 'apple', quantity: 11 }, 'failed-precondition'],
    [{ reservationId: 'r', sku: 'apple' }, 'invalid-argument'],
    [{ sku: 'apple', quantity: 1 }, 'invalid-argument'],
  ])('%j is %s', async (request, code) => {
    expect(await client.reserve(request, {})).toMatchObject({ ok: false, failure: { code } });
  });
});

describe('WatchStock', () => {
  test('tells the level now and after each change, and ends when the caller leaves', async () => {
    const levels = client.watchStock('apple', {}, never);
    expect((await levels.next()).value).toEqual({ sku: 'apple', quantity: 10, version: 1 });
    await reserve('o-1:apple', 4);
    expect((await levels.next()).value).toEqual({ sku: 'apple', quantity: 6, version: 2 });
    await client.importStock(of({ sku: 'apple', quantity: 1 }), {});
    expect((await levels.next()).value).toEqual({ sku: 'apple', quantity: 7, version: 3 });
    expect(watchers.count()).toBe(1);
    await levels.return();
    await untilTrue(() => watchers.count() === 0);
  });

  test('ends without an error when its signal aborts while it waits', async () => {
    const gone = new AbortController();
    const levels = client.watchStock('apple', {}, gone.signal);
    await levels.next();
    const waiting = levels.next();
    gone.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await untilTrue(() => watchers.count() === 0);
  });

  test('a SKU that is not there, and one watcher too many, are refused', async () => {
    const unknown = client.watchStock('dodo', {}, never);
    await expect(unknown.next()).rejects.toMatchObject({ code: 'not-found' });
    const open = Array.from({ length: 3 }, () => client.watchStock('apple', {}, never));
    for (const levels of open) await levels.next();
    const fourth = client.watchStock('apple', {}, never);
    await expect(fourth.next()).rejects.toMatchObject({ code: 'resource-exhausted' });
    for (const levels of open) await levels.return();
  });

  test('a server that stops ends it as unavailable, and then stops by itself', async () => {
    const levels = client.watchStock('apple', {}, never);
    await levels.next();
    const waiting = levels.next();
    const stopped = service.stop();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    client.close();
    await stopped;
  });

  test('obeys the fault hook before its first message', async () => {
    const context = { 'x-request-id': 'r-1', 'x-fail': '503,200' };
    const failed = client.watchStock('apple', context, never);
    await expect(failed.next()).rejects.toMatchObject({ code: 'unavailable' });
    const levels = client.watchStock('apple', context, never);
    expect((await levels.next()).value).toMatchObject({ quantity: 10 });
    await levels.return();
  });
});

describe('ImportStock', () => {
  test('adds all deliveries and sums them up', async () => {
    const deliveries = Array.from({ length: 1000 }, () => ({ sku: 'apple', quantity: 2 }));
    const result = await client.importStock(of(...deliveries, { sku: 'book', quantity: 5 }), {});
    expect(result).toEqual({ ok: true, value: { deliveries: 1001, totalQuantity: 2005 } });
    expect(stock.items.get('apple')?.quantity).toBe(2010);
    expect(stock.items.get('book')?.quantity).toBe(8);
  });

  test('nothing is an import of nothing', async () => {
    expect(await client.importStock(of(), {})).toEqual({
      ok: true,
      value: { deliveries: 0, totalQuantity: 0 },
    });
  });

  test('one wrong delivery leaves all as it was', async () => {
    const deliveries = of({ sku: 'apple', quantity: 2 }, { sku: 'dodo', quantity: 1 });
    expect(await client.importStock(deliveries, {})).toMatchObject({
      failure: { code: 'not-found' },
    });
    expect(stock.items.get('apple')?.quantity).toBe(10);
  });

  test('10000 messages are taken, one more is refused', async () => {
    const deliveries = Array.from({ length: 10_000 }, () => ({ sku: 'apple', quantity: 1 }));
    expect(await client.importStock(of(...deliveries), {})).toMatchObject({ ok: true });
    const tooMany = of(...deliveries, { sku: 'apple', quantity: 1 });
    expect(await client.importStock(tooMany, {})).toMatchObject({
      failure: { code: 'resource-exhausted' },
    });
    expect(stock.items.get('apple')?.quantity).toBe(10_010);
  });

  test('a source that throws cancels the call: nothing is imported', async () => {
    const broken = (async function* () {
      yield { sku: 'apple', quantity: 1 };
      throw new Error('line 2 is not JSON');
    })();
    await expect(client.importStock(broken, {})).rejects.toThrow('line 2 is not JSON');
    expect(stock.items.get('apple')?.quantity).toBe(10);
  });
});

describe('Reconcile', () => {
  test('answers each count as it comes, before the next is sent', async () => {
    let send: ((value: { sku: string; counted: number } | undefined) => void) | undefined;
    const counts = (async function* () {
      for (;;) {
        const value = await new Promise<{ sku: string; counted: number } | undefined>(
          (resolve) => (send = resolve),
        );
        if (value === undefined) return;
        yield value;
      }
    })();
    const differences = client.reconcile(counts, {}, never);
    const first = differences.next();
    await untilTrue(() => send !== undefined);
    send?.({ sku: 'apple', counted: 7 });
    expect((await first).value).toEqual({ sku: 'apple', counted: 7, known: 10, difference: -3 });
    send?.({ sku: 'book', counted: 5 });
    expect((await differences.next()).value).toMatchObject({ sku: 'book', difference: 2 });
    send?.(undefined);
    expect((await differences.next()).done).toBe(true);
  });

  test('a wrong count ends it with its status, though the caller would send more', async () => {
    const waits = (async function* () {
      yield { sku: 'apple', counted: 1 };
      yield { sku: 'dodo', counted: 1 };
      await new Promise(() => {});
    })();
    const differences = client.reconcile(waits, {}, never);
    expect((await differences.next()).value).toMatchObject({ sku: 'apple' });
    await expect(differences.next()).rejects.toMatchObject({ code: 'not-found' });
  });

  test('5000 counts get 5000 answers, in order', async () => {
    const counts = Array.from({ length: 5000 }, (_, counted) => ({ sku: 'apple', counted }));
    const answers: number[] = [];
    for await (const { counted } of client.reconcile(of(...counts), {}, never)) {
      answers.push(counted);
    }
    expect(answers).toEqual(counts.map(({ counted }) => counted));
  });
});
