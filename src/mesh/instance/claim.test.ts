import { expect, it } from 'vitest';
import { claimFolder } from './claim.ts';

it.runIf(process.platform === 'linux')('gives a folder to one at a time', async () => {
  const folder = `/windtunnel/claim-test-${process.pid}`;
  const all = await Promise.all([claimFolder(folder), claimFolder(folder), claimFolder(folder)]);
  const held = all.filter((claim) => claim !== undefined);
  expect(held).toHaveLength(1);
  const other = await claimFolder(`${folder}-other`);
  expect(other).toBeDefined();
  held[0]?.release();
  const next = await claimFolder(folder);
  expect(next).toBeDefined();
  next?.release();
  other?.release();
});
