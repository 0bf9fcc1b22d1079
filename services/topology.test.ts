import { join } from 'node:path';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { environmentOf } from '../src/topology/derive.ts';
import type { GrpcKind, JsonObject } from '../src/topology/operations.ts';
import { InventoryConfigSchema } from './inventory/config.ts';
import { OrdersConfigSchema } from './orders/config.ts';
import { PlaceOrderSchema } from './orders/schemas.ts';
import { PaymentsConfigSchema } from './payments/config.ts';
import { StorefrontConfigSchema } from './storefront/config.ts';
import { StockCountSchema, StockDeliverySchema } from './storefront/schemas.ts';
import { type ShopService, topology } from './topology.ts';
import { UsersConfigSchema } from './users/config.ts';

const project = join(import.meta.dirname, '..');

/** What the .proto file of a service says of its methods. */
const methodsOf = (
  contract: string,
  rpcService: string,
): Record<string, MethodDefinition<object, object>> =>
  loadSync(join(project, contract), { keepCase: true })[rpcService] as never;

const kindOf = (method: MethodDefinition<object, object>): GrpcKind => {
  if (method.requestStream) return method.responseStream ? 'bidi' : 'client-stream';
  return method.responseStream ? 'server-stream' : 'unary';
};

const fieldsOf = (type: MessageTypeDefinition<object, object>): string[] =>
  (type.type as { field: { name: string }[] }).field.map((field) => field.name);

describe.each(topology.services.filter((service) => service.rpcService !== undefined))(
  'the topology of $name and its .proto file',
  ({ contract, rpcService, operations }) => {
    const methods = methodsOf(contract, rpcService ?? '');

    test('have the same methods of the same kinds', () => {
      const declared = operations.map((operation) => [
        operation.name,
        operation.protocol === 'grpc' ? operation.kind : operation.protocol,
      ]);
      const contracted = Object.entries(methods).map(([name, method]) => [name, kindOf(method)]);
      expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(contracted));
    });

    test('have the same fields in the examples', () => {
      for (const { name, example } of operations) {
        const method = methods[name] as unknown as {
          requestType: MessageTypeDefinition<object, object>;
        };
        const messages = (example as { messages: JsonObject[] }).messages;
        for (const message of messages) {
          expect(fieldsOf(method.requestType)).toEqual(
            expect.arrayContaining(Object.keys(message)) as string[],
          );
        }
      }
    });
  },
);

test('the examples of REST operations are what their schemas ask for', () => {
  const exampleOf = (id: string): { body?: unknown; lines?: unknown[] } => {
    const all = topology.services.flatMap((service) => service.operations);
    return all.find((operation) => operation.id === id)?.example as never;
  };
  for (const id of ['orders.place', 'storefront.placeOrder']) {
    expect([...Value.Errors(PlaceOrderSchema, exampleOf(id).body)]).toEqual([]);
  }
  for (const line of exampleOf('storefront.importStock').lines ?? [undefined]) {
    expect([...Value.Errors(StockDeliverySchema, line)]).toEqual([]);
  }
  for (const line of exampleOf('storefront.reconcileStock').lines ?? [undefined]) {
    expect([...Value.Errors(StockCountSchema, line)]).toEqual([]);
  }
});

const configs: Record<ShopService, { properties: object; required?: string[] }> = {
  inventory: InventoryConfigSchema,
  orders: OrdersConfigSchema,
  payments: PaymentsConfigSchema,
  storefront: StorefrontConfigSchema,
  users: UsersConfigSchema,
};

test.each(Object.entries(configs))(
  '%s gets the addresses that it reads, and no others',
  (name, schema) => {
    const given = environmentOf(topology, name).map((variable) => variable.name);
    const addresses = Object.keys(schema.properties).filter((key) => key.endsWith('_ADDR'));
    expect(given.filter((key) => key.endsWith('_ADDR'))).toEqual(addresses.sort());
    expect(Object.keys(schema.properties)).toContain('PORT');
  },
);
