import { expect, test } from 'vitest';
import { accessLogFields } from '../../target/access-log.ts';
import { missingLogFields } from './check-cluster.ts';

const dump = (fields: Record<string, string>): string =>
  JSON.stringify({ configs: [{ access_log: [{ log_format: { json_format: fields } }] }] }, null, 1);

test('the access log of a sidecar is ours only with every field in our meaning', () => {
  expect(missingLogFields(dump(accessLogFields))).toEqual([]);
  const { peer, ...rest } = accessLogFields;
  expect(missingLogFields(dump(rest))).toEqual(['peer']);
  expect(missingLogFields(dump({ ...rest, peer: `${peer}x` }))).toEqual(['peer']);
  // Istio's own default format: text, or JSON with other names.
  const other = { response_code: '%RESPONSE_CODE%', authority: '%REQ(:AUTHORITY)%' };
  expect(missingLogFields(dump(other))).not.toContain('authority');
  expect(missingLogFields(dump(other))).toContain('status');
  expect(missingLogFields('{}')).toHaveLength(Object.keys(accessLogFields).length);
});
