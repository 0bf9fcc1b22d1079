import { expect, test } from 'vitest';
import { mergeAny } from './merge.ts';

const any = (type: string, fields = {}): { '@type': string } => ({
  '@type': `type.googleapis.com/${type}`,
  ...fields,
});
const router = 'envoy.extensions.filters.http.router.v3.Router';

test('messages of one type are merged', () => {
  const merged = mergeAny(
    any(router, { startChildSpan: true }),
    any(router, { suppressEnvoyHeaders: true }),
    'shop/patch',
  );
  expect(merged).toEqual(any(router, { startChildSpan: true, suppressEnvoyHeaders: true }));
});

test('messages of two types are refused, by the EnvoyFilter that would merge them', () => {
  const tcp = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
  expect(() => mergeAny(any(tcp), any(router), 'shop/patch')).toThrow(
    /^EnvoyFilter shop\/patch: spec\.configPatches merge a .*Router into a .*TcpProxy/,
  );
});
