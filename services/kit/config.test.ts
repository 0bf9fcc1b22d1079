import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { AddressSchema, commonConfig, parseConfig } from './config.ts';

const schema = Type.Object({ ...commonConfig, USERS_ADDR: AddressSchema });
const valid = { PORT: '8080', USERS_ADDR: 'users:8080' };

test('fills in defaults and turns numbers into numbers', () => {
  expect(parseConfig(schema, { ...valid, FAULT_PROBABILITY: '0.25' })).toEqual({
    HOST: '0.0.0.0',
    PORT: 8080,
    DRAIN_MS: 3000,
    GRACE_MS: 5000,
    FAULTS: 'disabled',
    FAULT_PROBABILITY: 0.25,
    FAULT_SEED: 1,
    USERS_ADDR: 'users:8080',
  });
});

test('ignores what the platform sets: PATH, service links, an empty variable', () => {
  const env = { ...valid, PATH: '/bin', ORDERS_PORT_8080_TCP_ADDR: '10.96.0.7', DRAIN_MS: '' };
  expect(parseConfig(schema, env).DRAIN_MS).toBe(3000);
});

test.each([
  [{ USERS_ADDR: 'users:8080' }, 'PORT is missing'],
  [{ PORT: '8080' }, 'USERS_ADDR is missing'],
  [{ ...valid, PORT: 'http' }, 'PORT=http must be integer'],
  [{ ...valid, PORT: '65536' }, 'PORT=65536 must be <= 65535'],
  [
    { ...valid, USERS_ADDR: 'http://users:8080' },
    'USERS_ADDR=http://users:8080 must match pattern',
  ],
  [{ ...valid, FAULTS: 'on' }, 'FAULTS=on '],
  [{ ...valid, FAULT_PROBABILITY: '1.5' }, 'FAULT_PROBABILITY=1.5 must be <= 1'],
  [{ ...valid, FAULT_PROBABILTY: '0.5' }, 'FAULT_PROBABILTY is unknown; known are HOST, PORT'],
  [{ ...valid, PAYMENTS_ADDR: 'payments:50051' }, 'PAYMENTS_ADDR is unknown'],
])('refuses %j: %s', (env, message) => {
  expect(() => parseConfig(schema, env)).toThrow(message);
});

test('names everything that is wrong in one message', () => {
  expect(() => parseConfig(schema, { PORT: '-1' })).toThrow(/PORT=-1 .*; USERS_ADDR is missing/);
});
