import { defineTopology } from './define.ts';
import type { Deadline, Retry, RetryBudget } from './edges.ts';
import type { Topology } from './model.ts';
import { http } from './operations.ts';
import { httpService } from './services.ts';

/** A declared edge without the help of types: tests say wrong things with it that the compiler would refuse. */
export interface LooseEdge {
  during: string[];
  deadlineMs: Deadline;
  retry?: Retry;
  budget?: RetryBudget;
}

const service = {
  replicas: 1,
  port: 8080,
  contract: 'contract.ts',
  operations: {
    read: http({
      method: 'GET',
      path: '/items/{id}',
      idempotent: true,
      example: { params: { id: '1' } },
    }),
    write: http({ method: 'POST', path: '/items', idempotent: false, example: { body: {} } }),
  },
};

/** Three services `a`, `b` and `c` with the operations `read` and `write`; `a` is the entry, with a deadline of 1000 ms. */
export function threeServices(
  edges: Readonly<Record<string, LooseEdge>>,
  change: Partial<typeof service> = {},
): Topology {
  const { replicas, port } = { ...service, ...change };
  const declared = httpService({ ...service, replicas, port });
  return defineTopology({
    namespace: 'demo',
    image: 'demo:1',
    services: { a: declared, b: declared, c: declared },
    edges: edges as never,
    entry: { service: 'a', hosts: ['*'], deadlinesMs: { read: 1000, write: 1000 } },
  });
}
