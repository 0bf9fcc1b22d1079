import { expect, test } from 'vitest';
import type { Kube } from './client.ts';
import { ApiError } from './errors.ts';
import { findIstiods, needIstiods } from './istiods.ts';

/** A cluster in which these pods have istiod's label, or which answers so. */
const cluster = (answer: object[] | ApiError): Pick<Kube, 'core' | 'context'> => ({
  context: 'test',
  core: {
    listPodForAllNamespaces: async () => {
      if (answer instanceof ApiError) throw answer;
      return { items: answer };
    },
  } as unknown as Kube['core'],
});
const pod = (name: string, more: object = {}, phase = 'Running') => ({
  metadata: { name, namespace: 'mesh', ...more },
  status: { phase },
});

test('finds those that run, with their namespace and revision', async () => {
  const going = { deletionTimestamp: new Date(0) };
  const kube = cluster([
    pod('a', { labels: { 'istio.io/rev': 'canary' } }),
    pod('b'),
    pod('c', going),
    pod('d', {}, 'Pending'),
  ]);
  expect(await findIstiods(kube)).toEqual([
    { namespace: 'mesh', pod: 'a', revision: 'canary' },
    { namespace: 'mesh', pod: 'b', revision: 'default' },
  ]);
  expect(await needIstiods(kube)).toHaveLength(2);
});

test('says that there is none, and when it may not look', async () => {
  await expect(needIstiods(cluster([]))).rejects.toMatchObject({
    code: 'preflight',
    message: 'no istiod runs in the cluster of test',
  });
  const forbidden = new ApiError(403, '', { message: 'pods is forbidden' });
  await expect(findIstiods(cluster(forbidden))).rejects.toMatchObject({
    code: 'preflight',
    message: 'cannot look for istiod: pods is forbidden',
  });
});
