import { expect, it } from 'vitest';
import { blockSize, createPortAllocator, ephemeralLow, isFree, tryListen } from './ports.ts';

it('keeps instances with the same start apart, and frees their blocks when they end', async () => {
  const seed = 7;
  const first = createPortAllocator(seed);
  const second = createPortAllocator(seed);
  const [a, b] = [await first.allot('x'), await second.allot('x')];
  expect(Math.abs(a - b)).toBeGreaterThanOrEqual(blockSize - 1);
  first.close();
  const third = createPortAllocator(seed);
  expect(await third.allot('x')).toBe(a);
  second.close();
  third.close();
});

it('gives a name its port for good, and passes over ports that are taken', async () => {
  const allocator = createPortAllocator(11);
  const port = await allocator.allot('a');
  expect(await allocator.allot('a')).toBe(port);
  const squatter = await tryListen(port + 1);
  expect(await isFree(port + 1)).toBe(false);
  expect(await allocator.allot('b')).toBe(port + 2);
  expect(allocator.get('b')).toBe(port + 2);
  squatter?.close();
  allocator.close();
});

it('refuses a port that the user chose and that is taken', async () => {
  const allocator = createPortAllocator(13);
  const port = (await allocator.allot('free')) + 5;
  await allocator.fix('entry', port);
  expect(allocator.get('entry')).toBe(port);
  const squatter = await tryListen(port + 1);
  await expect(allocator.fix('other', port + 1)).rejects.toMatchObject({ code: 'port-in-use' });
  squatter?.close();
  allocator.close();
});

it('begins below the range of outgoing connections', () => {
  expect(ephemeralLow(() => '40000\t60999\n')).toBe(40_000);
  expect(ephemeralLow(() => '1024\t65535\n')).toBe(32_768);
  expect(
    ephemeralLow(() => {
      throw new Error('no such file');
    }),
  ).toBe(32_768);
});
