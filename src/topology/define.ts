import { checkTopology } from './check.ts';
import type {
  Deadline,
  DeadlineOf,
  EdgeDeclaration,
  RepeatableEdge,
  Retry,
  RetryBudget,
} from './edges.ts';
import { type Edge, INGRESS, type Service, type Topology } from './model.ts';
import { compareText } from '../compare-text.ts';
import type {
  OperationAt,
  OperationName,
  ServiceDeclaration,
  ServiceDeclarations,
} from './services.ts';

type EntryOf<Services extends ServiceDeclarations> = {
  [Name in keyof Services & string]: {
    service: Name;
    hosts: readonly [string, ...string[]];
    /** Deadline of each operation of the service at the gateway, which never retries. */
    deadlinesMs: {
      readonly [Op in OperationName<Services, Name>]: DeadlineOf<
        OperationAt<Services, `${Name}.${Op}`>
      >;
    };
  };
}[keyof Services & string];

/** What {@link defineTopology} takes. */
export interface TopologyDeclaration<Services extends ServiceDeclarations, EdgeId extends string> {
  namespace: string;
  image: string;
  services: Services;
  edges: { readonly [Id in EdgeId]: EdgeDeclaration<NoInfer<Services>, Id> };
  entry: EntryOf<NoInfer<Services>>;
}

/**
 * Declares a system: what TypeScript can see is a type error where it is written (an unknown service or operation,
 * a retry of what is not idempotent, a condition of gRPC on a REST call, a unary call without a deadline);
 * the rest throws `bad-topology` with every problem ({@link checkTopology}).
 */
export function defineTopology<
  const Services extends ServiceDeclarations,
  const EdgeId extends string,
>(
  declaration: TopologyDeclaration<Services, EdgeId>,
): Topology<EdgeId, keyof Services & string, RepeatableEdge<Services, EdgeId>> {
  const topology = normalise(declaration);
  checkTopology(topology);
  return topology as ReturnType<typeof defineTopology<Services, EdgeId>>;
}

interface LooseDeclaration {
  namespace: string;
  image: string;
  services: ServiceDeclarations;
  edges: Readonly<Record<string, unknown>>;
  entry: {
    service: string;
    hosts: readonly string[];
    deadlinesMs: Readonly<Record<string, unknown>>;
  };
}

interface LooseEdge {
  during: readonly string[];
  deadlineMs: Deadline;
  retry?: Retry;
  budget?: RetryBudget;
}

function normalise(declaration: LooseDeclaration): Topology {
  const services = Object.entries(declaration.services).map(([name, service]) =>
    normaliseService(name, service),
  );
  const edges = Object.entries(declaration.edges).map(([id, edge]) =>
    normaliseEdge(id, edge as LooseEdge),
  );
  const entry = declaration.entry;
  for (const [name, deadlineMs] of Object.entries(entry.deadlinesMs)) {
    const id = `${INGRESS}->${entry.service}.${name}`;
    edges.push(normaliseEdge(id, { during: [], deadlineMs: deadlineMs as Deadline }));
  }
  return {
    namespace: declaration.namespace,
    image: declaration.image,
    services: services.sort((a, b) => compareText(a.name, b.name)),
    edges: edges.sort((a, b) => compareText(a.id, b.id)),
    repeatable: edges
      .filter((edge) => edge.caller !== INGRESS && isRepeatable(services, edge.operation))
      .map((edge) => edge.id),
    entry: { service: entry.service, hosts: [...entry.hosts] },
  };
}

/** What {@link RepeatableEdge} says of a declared edge, at run time. */
function isRepeatable(services: Service[], id: string): boolean {
  const operation = services
    .flatMap((service) => service.operations)
    .find((candidate) => candidate.id === id);
  if (operation?.idempotent !== true) return false;
  return operation.protocol === 'grpc' ? operation.kind === 'unary' : !operation.streaming;
}

function normaliseService(name: string, service: ServiceDeclaration): Service {
  const operations = Object.entries(service.operations)
    .map(([operation, declared]) => ({
      ...declared,
      id: `${name}.${operation}`,
      service: name,
      name: operation,
    }))
    .sort((a, b) => compareText(a.name, b.name));
  return {
    name,
    protocol: service.protocol,
    replicas: service.replicas,
    port: service.port,
    contract: service.contract,
    rpcService: service.protocol === 'grpc' ? service.rpcService : undefined,
    operations,
  };
}

function normaliseEdge(id: string, edge: LooseEdge): Edge {
  const arrow = id.indexOf('->');
  const operation = id.slice(arrow + 2);
  return {
    id,
    caller: id.slice(0, Math.max(arrow, 0)),
    service: operation.split('.')[0] ?? '',
    operation,
    during: [...edge.during].sort(compareText),
    deadlineMs: edge.deadlineMs,
    retry: edge.retry && { ...edge.retry, on: [...edge.retry.on] as [string, ...string[]] },
    budget: edge.budget && { ...edge.budget },
  };
}
