import { expect, test } from 'vitest';
import { readLook } from './istiod.ts';
import { type Expected, type IstiodLook, judge, quietMs, startWatching } from './settle.ts';

const ref = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'users', namespace: 'shop' },
};
const changed: Expected[] = [{ ref, resourceVersion: '8' }];

interface Simple {
  version?: string;
  pushes: number;
  rejects?: number;
  sent?: string;
  acked?: string;
}
const look = ({ version, pushes, rejects = 0, sent = 'a', acked = sent }: Simple): IstiodLook => ({
  configs: new Map(version === undefined ? [] : [['VirtualService shop/users', version]]),
  pushes,
  rejects,
  proxies: new Map([['users-1.shop', new Map([['route', { sent, acked }]])]]),
});
const before = look({ version: '7', pushes: 10 });

test('waits until istiod has read the new version', () => {
  const watching = startWatching(before, 0);
  const later = judge(watching, look({ version: '7', pushes: 11 }), changed, 5000);
  expect(later).toEqual({ type: 'waiting', for: 'istiod to read VirtualService shop/users' });
});

test('waits until istiod has pushed, however long it has read it', () => {
  const watching = startWatching(before, 0);
  expect(judge(watching, look({ version: '8', pushes: 10 }), changed, 0).type).toBe('waiting');
  expect(judge(watching, look({ version: '8', pushes: 10 }), changed, 9000).type).toBe('waiting');
});

test('one push may have begun before: settled when no other follows', () => {
  const watching = startWatching(before, 0);
  const now = look({ version: '8', pushes: 11, sent: 'b' });
  expect(judge(watching, now, changed, 100).type).toBe('waiting');
  expect(judge(watching, now, changed, 99 + quietMs).type).toBe('waiting');
  expect(judge(watching, now, changed, 100 + quietMs)).toEqual({ type: 'settled', proxies: 1 });
});

test('two pushes after it was read are enough where it is never quiet', () => {
  const watching = startWatching(before, 0);
  expect(judge(watching, look({ version: '8', pushes: 10 }), changed, 0).type).toBe('waiting');
  expect(judge(watching, look({ version: '8', pushes: 11 }), changed, 50).type).toBe('waiting');
  expect(judge(watching, look({ version: '8', pushes: 12 }), changed, 100).type).toBe('settled');
});

test('waits for a proxy that has not acknowledged what it was sent since', () => {
  const watching = startWatching(before, 0);
  const now = look({ version: '8', pushes: 11, sent: 'b', acked: 'a' });
  judge(watching, now, changed, 0);
  expect(judge(watching, now, changed, 1000)).toEqual({
    type: 'waiting',
    for: 'users-1.shop to acknowledge',
  });
});

test('tells of a proxy that refuses', () => {
  const watching = startWatching(before, 0);
  const now = look({ version: '8', pushes: 11, sent: 'b', acked: 'a', rejects: 1 });
  judge(watching, now, changed, 0);
  expect(judge(watching, now, changed, 1000)).toEqual({
    type: 'refused',
    proxies: ['users-1.shop'],
  });
});

test('does not wait for a proxy that was behind before, and was sent nothing since', () => {
  const stuck = look({ version: '7', pushes: 10, sent: 'b', acked: 'a' });
  const watching = startWatching(stuck, 0);
  const now = look({ version: '8', pushes: 12, sent: 'b', acked: 'a' });
  judge(watching, now, changed, 0);
  expect(judge(watching, now, changed, 1000)).toEqual({ type: 'settled', proxies: 0 });
});

test('an object that is gone must be gone from istiod', () => {
  const gone: Expected[] = [{ ref, resourceVersion: undefined }];
  const watching = startWatching(before, 0);
  expect(judge(watching, look({ version: '7', pushes: 12 }), gone, 0).type).toBe('waiting');
  judge(watching, look({ pushes: 12 }), gone, 0);
  expect(judge(watching, look({ pushes: 12 }), gone, 1000).type).toBe('settled');
});

test('reads what istiod answers', () => {
  const configz = JSON.stringify([
    { kind: 'Sidecar', metadata: { name: 'a', namespace: 'shop', resourceVersion: '3' } },
  ]);
  const syncz = JSON.stringify([
    { proxy: 'a.shop', resources: { route: { sent: 'x', acked: 'y' }, cluster: { sent: 'z' } } },
  ]);
  const metrics = [
    '# TYPE pilot_debounce_time histogram',
    'pilot_debounce_time_bucket{le="0.1"} 3',
    'pilot_debounce_time_count 41',
    'pilot_total_xds_rejects{type="lds"} 12',
    'pilot_total_xds_rejects{type="cds"} 1',
    'pilot_total_xds_rejects_other 5',
  ].join('\n');
  expect(readLook(configz, syncz, metrics)).toEqual({
    configs: new Map([['Sidecar shop/a', '3']]),
    pushes: 41,
    rejects: 13,
    proxies: new Map([
      [
        'a.shop',
        new Map([
          ['route', { sent: 'x', acked: 'y' }],
          ['cluster', { sent: 'z', acked: '' }],
        ]),
      ],
    ]),
  });
});
