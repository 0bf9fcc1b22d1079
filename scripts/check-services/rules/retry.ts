import { importsAmong, namesAmong, type Rule, switchedOff } from '../rule.ts';
import { repeatedCalls } from './repeated-calls.ts';

const modules = [
  '@lifeomic/attempt',
  'async-retry',
  'axios-retry',
  'backoff',
  'cockatiel',
  'exponential-backoff',
  'fetch-retry',
  'got',
  'ky',
  'p-retry',
  'promise-retry',
  'retry',
  'retry-axios',
  'ts-retry',
  'ts-retry-promise',
];
// grpc.service_config can hold a retry policy, and `undici` names its own RetryAgent and interceptors.retry.
const phrases = [
  'retry',
  'retries',
  'retried',
  'retrying',
  'retryable',
  'backoff',
  'back off',
  'max attempts',
  'num attempts',
  'hedging',
  'grpc service config',
];

/** Repeating a call that failed. */
export const retryRule: Rule = {
  name: 'retry',
  instead: 'retries of an edge are declared in services/topology.ts and done by the mesh',
  *find(file) {
    yield* importsAmong(file, modules);
    const off = switchedOff(file);
    for (const match of namesAmong(file, phrases)) if (!off.has(match.node)) yield match;
    yield* repeatedCalls(file);
  },
};
