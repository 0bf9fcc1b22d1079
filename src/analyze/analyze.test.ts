import { describe, expect, test } from 'vitest';
import { buildWorld } from '../manifests/build-world.ts';
import { parseResources } from '../manifests/load.ts';
import { analyze, findingJson, formatFinding } from './analyze.ts';
import { ruleCodes } from './finding.ts';
import { rules } from './rules.ts';

/** A callee `users` with so many replicas, a VirtualService with one route, a DestinationRule. */
const manifests = (route: string, policy = 'retryBudget: {percent: 20}', replicas = 2): string => `
apiVersion: v1
kind: Service
metadata: {name: users, namespace: demo}
spec: {selector: {app: users}, ports: [{name: http, port: 8080}, {name: grpc, port: 9090}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: users, namespace: demo}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: users}}
  template:
    metadata: {labels: {app: users}}
    spec: {containers: [{name: users, image: users:1}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: users, namespace: demo}
spec: {host: users, trafficPolicy: {${policy}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: users, namespace: demo}
spec: {hosts: [users], http: [{${route}}]}
`;

const to = 'route: [{destination: {host: users, port: {number: 8080}}}]';
const found = (route: string, policy?: string, replicas?: number): string[] =>
  analyze(
    buildWorld(parseResources(manifests(`${route}, ${to}`, policy, replicas), 'demo.yaml')),
  ).map(({ severity, code, path }) => `${severity} ${code} ${path}`);

const retries = (attempts: number, perTry: string, on = '5xx'): string =>
  `retries: {attempts: ${attempts}, perTryTimeout: ${perTry}, retryOn: "${on}"}`;

test('the list of rules holds each code once', () => {
  expect(rules.map((rule) => rule.code).sort()).toEqual([...ruleCodes]);
});

describe('D3: perTryTimeout and timeout', () => {
  const path = 'spec.http[0].retries.perTryTimeout';
  test.each([
    ['1s', '1s', [`error D3 ${path}`]],
    ['1s', '1500ms', [`error D3 ${path}`]],
    ['1s', '333ms', []],
  ])('timeout %s, perTryTimeout %s', (timeout, perTry, expected) => {
    expect(found(`timeout: ${timeout}, ${retries(2, perTry)}`)).toEqual(expected);
  });

  test('says nothing without a timeout, or without retries', () => {
    expect(found(retries(2, '10s'))).toEqual([]);
    expect(found(`timeout: 0s, ${retries(2, '10s')}`)).toEqual([]);
    expect(found(`timeout: 1s, ${retries(0, '2s')}`)).toEqual([]);
  });
});

describe('D2: tries that fit', () => {
  const path = 'spec.http[0].retries.attempts';
  test.each([
    [2, '300ms', []],
    [2, '333ms', []],
    [2, '400ms', [`warning D2 ${path}`]],
    [2, '500ms', [`error D2 ${path}`]],
    [1, '600ms', [`warning D2 ${path}`]],
  ])('timeout 1s, attempts %d, perTryTimeout %s', (attempts, perTry, expected) => {
    expect(found(`timeout: 1s, ${retries(attempts, perTry)}`)).toEqual(expected);
  });
});

describe('D4: a slow try is retried', () => {
  const path = 'error D4 spec.http[0].retries.retryOn';
  test.each([
    ['503', [path]],
    ['connect-failure,refused-stream', [path]],
    ['', [path]],
    ['reset', []],
    ['connect-failure, gateway-error', []],
    ['5xx', []],
  ])("retryOn '%s'", (on, expected) => {
    expect(found(retries(2, '100ms', on))).toEqual(expected);
  });

  test('says nothing without perTryTimeout', () => {
    expect(found('retries: {attempts: 2, retryOn: "503"}')).toEqual([]);
  });
});

describe('F1: a fault on the same route', () => {
  const fault = 'fault: {abort: {httpStatus: 503, percentage: {value: 50}}}';
  const path = 'error F1 spec.http[0].fault';
  test.each([
    [`${fault}, retries: {attempts: 1, retryOn: 5xx}`, [path]],
    [`${fault}, timeout: 1s`, [path]],
    [`${fault}, retries: {attempts: 0}`, []],
    [fault, []],
  ])('%s', (route, expected) => {
    expect(found(route)).toEqual(expected);
  });
});

describe('O1: outlier detection that ejects nothing', () => {
  const policy = (percent?: number): string =>
    `outlierDetection: {interval: 5s${percent === undefined ? '' : `, maxEjectionPercent: ${percent}`}}`;
  const path = 'error O1 spec.trafficPolicy.outlierDetection.maxEjectionPercent';
  test.each([
    [49, 2, [path]],
    [50, 2, []],
    [undefined, 9, [path]],
    [undefined, 10, []],
    [100, 1, []],
  ])('maxEjectionPercent %s of %d replicas', (percent, replicas, expected) => {
    expect(found('retries: {attempts: 0}', policy(percent), replicas)).toEqual(expected);
  });
});

describe('R3: a write that is retried', () => {
  const path = 'error R3 spec.http[0].retries.retryOn';
  const match = (method: string): string => `match: [{method: {exact: ${method}}}]`;
  test.each([
    ['POST', '5xx', [path]],
    ['PATCH', 'connect-failure,503', [path]],
    ['POST', 'reset', [path]],
    ['POST', 'connect-failure,refused-stream', []],
    ['PUT', '5xx', []],
    ['GET', '5xx', []],
  ])('%s on %s', (method, on, expected) => {
    expect(found(`${match(method)}, retries: {attempts: 1, retryOn: "${on}"}`)).toEqual(expected);
  });

  test('says nothing of gRPC, where every call is a POST', () => {
    const text = manifests(
      `${match('POST')}, retries: {attempts: 1, retryOn: 5xx}, ${to.replace('8080', '9090')}`,
    );
    expect(analyze(buildWorld(parseResources(text, 'demo.yaml')))).toEqual([]);
  });
});

describe('R7: retries that nothing bounds', () => {
  const path = 'warning R7 spec.http[0].retries.attempts';
  const two = 'retries: {attempts: 2, retryOn: 5xx}';
  test.each([
    [two, 'retryBudget: {percent: 20}', []],
    [two, 'connectionPool: {http: {maxRetries: 3}}', []],
    [
      two,
      'portLevelSettings: [{port: {number: 8080}, connectionPool: {http: {maxRetries: 3}}}]',
      [],
    ],
    [two, 'connectionPool: {http: {http2MaxRequests: 3}}', [path]],
    ['retries: {attempts: 1, retryOn: 5xx}', 'connectionPool: {}', []],
  ])('%s with %s', (route, policy, expected) => {
    expect(found(route, policy)).toEqual(expected);
  });
});

describe('what is shown', () => {
  const [finding] = analyze(
    buildWorld(parseResources(manifests(`timeout: 1s, ${retries(2, '2s')}, ${to}`), 'demo.yaml')),
  );

  test('has the place, the numbers, the reason and the fix', () => {
    expect(finding && formatFinding(finding)).toBe(
      [
        'error D3 demo.yaml:22 VirtualService demo/users spec.http[0].retries.perTryTimeout',
        '  route 0: perTryTimeout 2000 ms is not shorter than timeout 1000 ms',
        '  why: The timeout ends the request, retries included, before a slow try is given up: a slow try is never retried.',
        '  fix: Set perTryTimeout to at most 333ms, or leave it out.',
      ].join('\n'),
    );
  });

  test('is the same for programs', () => {
    expect(finding && findingJson(finding)).toMatchObject({
      code: 'D3',
      severity: 'error',
      file: 'demo.yaml',
      line: 22,
      kind: 'VirtualService',
      namespace: 'demo',
      name: 'users',
    });
  });
});
