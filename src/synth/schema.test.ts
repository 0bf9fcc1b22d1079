import { expect, test } from 'vitest';
import { parseResources } from '../manifests/load.ts';
import { schemaProblems } from './schema.ts';

const problemsOf = async (text: string): Promise<string[]> => {
  const [resource] = parseResources(text, 'demo.yaml');
  if (resource === undefined) throw new Error('no resource');
  return schemaProblems(resource);
};

const virtualService = (route: string): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: users}
spec: {hosts: [users], http: [{${route}, route: [{destination: {host: users}}]}]}
`;

test('a resource as its schema wants it has no problem', async () => {
  expect(await problemsOf(virtualService('timeout: 1.5s'))).toEqual([]);
});

test.each([
  ['timeout: banana', "spec.http[0].timeout: 'banana' is no duration, e.g. 250ms or 1.5s"],
  [
    'retries: {attempts: 1, perTryTimeout: "5"}',
    "spec.http[0].retries.perTryTimeout: '5' is no duration, e.g. 250ms or 1.5s",
  ],
])('%s is no duration, which the schema does not see', async (route, problem) => {
  expect(await problemsOf(virtualService(route))).toEqual([problem]);
});

test('a value of the wrong type is found by the schema', async () => {
  expect(await problemsOf(virtualService('retries: {attempts: two}'))).toEqual([
    expect.stringMatching(/http\/0\/retries\/attempts must be integer/),
  ]);
});

test('a kind without a schema is told', async () => {
  const text = 'apiVersion: demo/v1\nkind: Thing\nmetadata: {name: a}';
  expect(await problemsOf(text)).toEqual(['no schema is known for demo/v1 Thing']);
});
