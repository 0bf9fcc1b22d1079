import { expect, test } from 'vitest';
import type { Entry, Target } from '../target/target.ts';
import { INGRESS } from '../topology/model.ts';
import { entryOf } from './entry-of.ts';

const target = (ingress: Entry | null): Pick<Target, 'entry' | 'ingress'> => ({
  entry: async (workload, authority) => ({
    address: '127.0.0.1',
    port: workload === 'orders' ? 1 : 2,
    authority,
  }),
  ingress: async () => ingress,
});
const gateway: Entry = { address: '127.0.0.1', port: 8080, authority: '127.0.0.1:8080' };

test('a service enters by its own sidecar, the outside by the gateway under the name that it asks for', async () => {
  expect(await entryOf(target(gateway), 'orders', 'users:8080')).toMatchObject({ port: 1 });
  expect(await entryOf(target(gateway), INGRESS, 'shop.test')).toEqual({
    address: '127.0.0.1',
    port: 8080,
    authority: 'shop.test',
  });
});

test('without a gateway that is said, and no port is called that is none', async () => {
  await expect(entryOf(target(null), INGRESS, 'shop.test')).rejects.toMatchObject({
    code: 'unknown-reference',
    message: 'no Gateway lets calls in from outside',
  });
});
