import { importsAmong, namesAmong, type Rule } from '../rule.ts';

const modules = ['@fastify/circuit-breaker', 'brakes', 'cockatiel', 'levee', 'mollitia', 'opossum'];
const phrases = [
  'breaker',
  'breakers',
  'bulkhead',
  'bulkheads',
  'circuit',
  'circuits',
  'half open',
  'failure threshold',
  'outlier',
];

/** Refusing calls to a service because earlier ones failed. */
export const circuitBreakerRule: Rule = {
  name: 'circuit-breaker',
  instead: 'breaking is outlierDetection and connectionPool of the DestinationRule in istio/',
  *find(file) {
    yield* importsAmong(file, modules);
    yield* namesAmong(file, phrases);
  },
};
