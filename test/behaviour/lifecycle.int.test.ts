import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bookshop, startBookshop } from '../support/bookshop.ts';
import { send, tally } from '../support/http.ts';
import { eventually } from '../support/tiny-mesh.ts';

let shop: Bookshop;
let reviews: number;
beforeAll(async () => {
  shop = await startBookshop();
  reviews = await shop.entry('productpage', 'reviews:9080');
});
afterAll(() => shop.remove());

const file = (name: string): string => join(shop.manifests, name);
const edit = (name: string, change: (text: string) => string): void =>
  writeFileSync(file(name), change(readFileSync(file(name), 'utf8')));
const podsReady = async (): Promise<string[]> => {
  const { processes } = await shop.mesh.control.status();
  const services = processes.filter(({ kind, state }) => kind === 'service' && state === 'ready');
  return [...new Set(services.map(({ pod }) => pod))];
};
const configError = async (): Promise<string> =>
  (await shop.mesh.control.status()).configError ?? '';

describe('processes', () => {
  it('goes on without a killed replica, by retries, and starts it again', async () => {
    await shop.policy(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec: { hosts: [reviews], http: [{ retries: { attempts: 5, retryOn: "5xx,connect-failure,503" }, route: [{ destination: { host: reviews } }] }] }`);
    const statuses: number[] = [];
    let restarted = false;
    const calls = (async () => {
      while (!restarted) statuses.push((await send(reviews, '/')).status);
    })();
    await shop.mesh.control.kill('reviews-v2-0', 'SIGKILL');
    await eventually('the restart', async () => {
      const { processes } = await shop.mesh.control.status();
      const one = processes.find(({ pod, kind }) => pod === 'reviews-v2-0' && kind === 'service');
      return one?.restarts === 1 && one.state === 'ready';
    });
    restarted = true;
    await calls;
    expect(tally(statuses)).toEqual({ '200': statuses.length });
    expect(statuses.length).toBeGreaterThan(20);
  });

  it('follows the number of replicas, losing no request', async () => {
    const statuses: number[] = [];
    let done = false;
    const calls = (async () => {
      while (!done) statuses.push((await send(reviews, '/')).status);
    })();
    edit('reviews.yaml', (text) => text.replace('replicas: 1', 'replicas: 2'));
    await eventually('six pods', async () => {
      const pods = (await podsReady()).filter((pod) => pod.startsWith('reviews-'));
      return pods.length === 6;
    });
    const answered = new Set<string | undefined>();
    await eventually('an answer of a new one', async () => {
      answered.add((await send(reviews, '/')).echo.pod);
      return answered.has('reviews-v3-1');
    });
    edit('reviews.yaml', (text) => text.replace('replicas: 2', 'replicas: 1'));
    await eventually('three pods', async () => {
      const { processes } = await shop.mesh.control.status();
      return processes.filter(({ pod }) => pod.startsWith('reviews-')).length === 6;
    });
    done = true;
    await calls;
    expect(tally(statuses)).toEqual({ '200': statuses.length });
  });

  it('runs a Service and a Deployment that come later, and ends them when they go', async () => {
    const later = readFileSync(file('legacy.yaml'), 'utf8')
      .replaceAll('legacy', 'later')
      .replaceAll('catalog', 'archive');
    writeFileSync(
      file('later.yaml'),
      later.replace('{ name: later }', '{ name: later, labels: { istio-injection: enabled } }'),
    );
    await eventually('the archive', async () => (await podsReady()).includes('archive-0'));
    const port = await shop.entry('productpage', 'archive.later:80');
    await expect.poll(async () => (await send(port, '/')).status).toBe(200);
    expect((await send(port, '/call/REVIEWS/x')).status).toBe(200);
    rmSync(file('later.yaml'));
    await eventually('its end', async () => !(await podsReady()).includes('archive-0'));
    expect((await send(reviews, '/')).status).toBe(200);
    expect(await configError()).toBe('');
  });
});

describe('edits', () => {
  const routes = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec: { hosts: [reviews], http: [{ route: [{ destination: { host: reviews, subset: v3 } }] }] }`;

  it('puts a new policy into force, and takes a deleted one out', async () => {
    await shop.mesh.control.revert('case');
    writeFileSync(file('routes.yaml'), routes);
    await eventually('the route', async () => {
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => send(reviews, '/')));
      return answers.every(({ echo }) => echo.version === 'v3');
    });
    rmSync(file('routes.yaml'));
    await eventually('its end', async () => (await send(reviews, '/')).echo.version !== 'v3');
    expect(await configError()).toBe('');
  });

  it.each([
    [
      'a syntax error',
      routes.replace('[reviews]', '[reviews'),
      ['routes.yaml:5:', 'not valid YAML'],
    ],
    [
      'an unknown host',
      routes.replace('host: reviews,', 'host: review,'),
      ['spec.http[0].route[0].destination.host', 'no host review.default.svc.cluster.local'],
    ],
    [
      'an unknown subset',
      routes.replace('v3', 'v4'),
      [
        'subset',
        'no subset v4 of reviews.default.svc.cluster.local; DestinationRules have: v1, v2, v3',
      ],
    ],
    [
      'an unknown field',
      routes.replace('{ route:', '{ retrys: {}, route:'),
      ['VirtualService default/reviews: spec.http[0].retrys'],
    ],
    [
      'what is not translated',
      routes.replace('kind: VirtualService', 'kind: ProxyConfig'),
      ['ProxyConfig default/reviews', 'is not translated'],
    ],
    [
      'a Service port that is no number',
      'apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: http }] }',
      ['Service default/s: spec.ports[0].port', 'must be a port number'],
    ],
    [
      'an image that nobody mapped',
      'apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [{ name: c, image: "nginx:1" }] }',
      ['Pod p, container c', 'nginx:1'],
    ],
  ])('keeps what was in force on %s, and says why', async (_what, text, expected) => {
    writeFileSync(file('routes.yaml'), text);
    await eventually('the error', async () => (await configError()) !== '');
    for (const part of expected) expect(await configError()).toContain(part);
    const versions = new Set<string | undefined>();
    await eventually('all versions', async () => {
      versions.add((await send(reviews, '/')).echo.version);
      return versions.size === 3;
    });
    rmSync(file('routes.yaml'));
    await eventually('no error', async () => (await configError()) === '');
  });
});
