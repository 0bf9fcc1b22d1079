import { beforeEach, describe, expect, it } from 'vitest';
import {
  createProxyStream,
  type DiscoveryResponse,
  type ProxyStream,
  type Rejection,
} from './proxy-stream.ts';
import { type DiscoveryType, discoveryTypes, type EncodedConfig } from './resources.ts';

let config: EncodedConfig;
let sent: DiscoveryResponse[];
let rejections: Rejection[];
let stream: ProxyStream;

const put = (type: DiscoveryType, name: string, hash: string): void =>
  void config[type].set(name, { hash, bytes: Buffer.from(`${name}@${hash}`) });
const ask = (type: DiscoveryType, names: string[], nonce = '', error?: string): void =>
  stream.receive({ type, names, nonce, error });
const last = (): string =>
  `${sent.at(-1)?.type}: ${sent
    .at(-1)
    ?.resources.map(({ bytes }) => Buffer.from(bytes))
    .join(' ')}`;
const acknowledge = (names: string[] = []): void => {
  const { type = 'cds', nonce = '' } = sent.at(-1) ?? {};
  ask(type, names, nonce);
};

beforeEach(() => {
  config = Object.fromEntries(discoveryTypes.map((type) => [type, new Map()])) as EncodedConfig;
  sent = [];
  rejections = [];
  stream = createProxyStream({
    config: () => config,
    send: (response) => void sent.push(response),
    rejected: (rejection) => void rejections.push(rejection),
    acknowledged: () => {},
  });
});

describe('a stream', () => {
  it('sends all clusters at first, even none, and again only when one differs', () => {
    ask('cds', []);
    expect(last()).toBe('cds: ');
    acknowledge();
    expect(sent).toHaveLength(1);
    put('cds', 'a', '1');
    put('cds', 'b', '1');
    stream.push(['cds']);
    expect(last()).toBe('cds: a@1 b@1');
    acknowledge();
    stream.push(['cds']);
    expect(sent).toHaveLength(2);
    config.cds.delete('a');
    stream.push(['cds']);
    expect(last()).toBe('cds: b@1');
  });

  it('sends of other types only what was asked for and differs', () => {
    put('rds', 'r1', '1');
    put('rds', 'r2', '1');
    ask('rds', ['r1']);
    expect(last()).toBe('rds: r1@1');
    acknowledge(['r1', 'r2']);
    expect(last()).toBe('rds: r2@1');
    acknowledge(['r1', 'r2']);
    put('rds', 'r1', '2');
    stream.push(discoveryTypes);
    expect(last()).toBe('rds: r1@2');
    expect(sent).toHaveLength(3);
  });

  it('answers later what it could not answer at first', () => {
    ask('rds', ['late']);
    expect(sent).toEqual([]);
    put('rds', 'late', '1');
    stream.push(['rds']);
    expect(last()).toBe('rds: late@1');
  });

  it('sends endpoints again after their cluster changed: it waits for them', () => {
    put('cds', 'a', '1');
    put('eds', 'a', '1');
    ask('cds', []);
    acknowledge();
    ask('eds', ['a']);
    acknowledge(['a']);
    put('cds', 'a', '2');
    stream.push(['cds', 'eds']);
    expect(sent.slice(-2).map(({ type }) => type)).toEqual(['cds', 'eds']);
  });

  it('reports a refusal with its resources and does not send the same again', () => {
    put('lds', 'l', '1');
    ask('lds', []);
    ask('lds', [], sent.at(-1)?.nonce, 'no such filter');
    expect(rejections).toEqual([{ type: 'lds', reason: 'no such filter', names: ['l'] }]);
    expect(sent).toHaveLength(1);
    expect(stream.outstanding(['lds'])).toEqual(['lds l']);
    put('lds', 'l', '2');
    stream.push(['lds']);
    acknowledge();
    expect(stream.outstanding(['lds'])).toEqual([]);
  });

  it('ignores the answer to a response that a newer one overtook', () => {
    put('lds', 'l', '1');
    ask('lds', []);
    const [old] = sent;
    put('lds', 'l', '2');
    stream.push(['lds']);
    ask('lds', [], old?.nonce, 'too late');
    expect(rejections).toEqual([]);
    expect(stream.outstanding(['lds'])).toEqual(['lds l']);
  });

  it('counts a resource as outstanding until this very form of it is acknowledged', () => {
    put('rds', 'r', '1');
    expect(stream.outstanding(['rds'])).toEqual(['rds r']);
    ask('rds', ['r']);
    expect(stream.outstanding(['rds'])).toEqual(['rds r']);
    acknowledge(['r']);
    expect(stream.outstanding(['rds'])).toEqual([]);
    put('rds', 'r', '2');
    expect(stream.outstanding(['rds'])).toEqual(['rds r']);
  });

  it('owes no secret that nobody asked for', () => {
    put('sds', 'default', '1');
    expect(stream.outstanding(['sds'])).toEqual([]);
  });

  it('waits for the acknowledgement of a removal', () => {
    put('cds', 'a', '1');
    ask('cds', []);
    acknowledge();
    config.cds.delete('a');
    stream.push(['cds']);
    expect(stream.outstanding(['cds'])).toEqual(['cds (removals)']);
    acknowledge();
    expect(stream.outstanding(['cds'])).toEqual([]);
  });
});
