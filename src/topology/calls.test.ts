import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import { buildCall, callParameters } from './calls.ts';
import { operationNamed } from './derive.ts';
import { edgeExamples, fillNeeds } from './examples.ts';

const project = join(import.meta.dirname, '..', '..');

describe('a call by name', () => {
  test('of REST takes path parameters, encoded', () => {
    expect(buildCall(topology, 'users.get', { id: 'a/b' })).toEqual({
      protocol: 'http',
      operation: 'users.get',
      authority: 'users:8080',
      method: 'GET',
      path: '/users/a%2Fb',
      headers: {},
      body: undefined,
      expect: { status: 200, lines: 0 },
    });
  });

  test('of REST takes fields of the body: text as it is, everything else as JSON', () => {
    const items = '[{"sku":"chair","quantity":2}]';
    expect(buildCall(topology, 'orders.place', { userId: '124', items })).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"userId":"124","items":[{"sku":"chair","quantity":2}]}',
      expect: { status: 201 },
    });
  });

  test('of gRPC takes fields of the message; what is not given comes from the example', () => {
    expect(buildCall(topology, 'inventory.Reserve', { quantity: '3' })).toEqual({
      protocol: 'grpc',
      operation: 'inventory.Reserve',
      authority: 'inventory:50051',
      path: '/shop.inventory.v1.Inventory/Reserve',
      kind: 'unary',
      protoFile: 'services/inventory/inventory.proto',
      messages: [{ reservation_id: 'example-1', sku: 'book', quantity: 3 }],
      expect: { answers: 1 },
    });
  });

  test('of a client stream takes all its messages', () => {
    const messages = '[{"sku":"apple","quantity":1},{"sku":"book","quantity":2}]';
    expect(buildCall(topology, 'inventory.ImportStock', { messages })).toMatchObject({
      messages: JSON.parse(messages) as unknown,
    });
    expect(buildCall(topology, 'storefront.importStock', { lines: messages })).toMatchObject({
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{"sku":"apple","quantity":1}\n{"sku":"book","quantity":2}\n',
    });
  });

  test('refuses an unknown name, naming those it takes', () => {
    expect(() => buildCall(topology, 'users.get', { name: 'x' })).toThrow(
      expect.objectContaining({ code: 'usage', next: 'It takes --id.' }),
    );
  });

  test('refuses what is no JSON, and what is no list of messages', () => {
    const place = (items: string) => () => buildCall(topology, 'orders.place', { items });
    expect(place('chair')).toThrow('--items is no JSON: chair');
    const send = (messages: string) => () =>
      buildCall(topology, 'inventory.ImportStock', { messages });
    expect(send('{"sku":"book"}')).toThrow('--messages is no JSON list of objects');
  });

  test('names its parameters', () => {
    const parameters = callParameters(operationNamed(topology, 'orders.place'));
    expect(parameters.map(({ name, place, type }) => [name, place, type])).toEqual([
      ['userId', 'field', 'text'],
      ['items', 'field', 'json'],
    ]);
  });
});

describe('the examples', () => {
  const examples = edgeExamples(topology);

  test('there is one for each edge', () => {
    expect(examples.map((example) => example.id).sort()).toEqual(
      topology.edges.map((edge) => edge.id),
    );
  });

  test('one that needs the answer of another comes after it', () => {
    const ids = examples.map((example) => example.id);
    const needing = examples.filter((example) => example.needs.length > 0);
    expect(needing.map((example) => example.id)).toEqual([
      'ingress->storefront.getOrder',
      'storefront->orders.get',
    ]);
    for (const { id, needs } of needing) {
      for (const need of needs) expect(ids.indexOf(need.edge)).toBeLessThan(ids.indexOf(id));
      for (const need of needs) expect(ids).toContain(need.edge);
    }
  });

  test('a needed value is put into the path', () => {
    const example = examples.find(({ id }) => id === 'storefront->orders.get');
    expect(example?.call).toMatchObject({ path: '/orders/{id}' });
    expect(example && fillNeeds(example, { id: 'order 7' })).toMatchObject({
      path: '/orders/order%207',
    });
  });

  test('every contract that is named is there', () => {
    const missing = topology.services.filter(
      ({ contract }) => !existsSync(join(project, contract)),
    );
    expect(missing.map(({ contract }) => contract)).toEqual([]);
  });
});
