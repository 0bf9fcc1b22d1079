import { type Edge, INGRESS, type Service, type Topology } from './model.ts';
import type { HttpOperation, TakenValue } from './operations.ts';
import type { TopologyProblem } from './problem.ts';

/** RFC 1123 label, what a Service may be called; kept to 40 characters so that derived names stay under 63. */
const LABEL = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;

/**
 * Names that refer to nothing, ports and replicas out of range, paths that two operations would share.
 * The types refuse most of it; this is for declarations built at run time and for JavaScript.
 */
export function checkNames(topology: Topology): TopologyProblem[] {
  return [
    ...topology.services.flatMap((service) => [
      ...serviceProblems(service),
      ...overlapProblems(service),
    ]),
    ...topology.edges.flatMap((edge) => edgeProblems(topology, edge)),
    ...exampleProblems(topology),
  ];
}

function serviceProblems(service: Service): TopologyProblem[] {
  const problems: TopologyProblem[] = [];
  if (!LABEL.test(service.name) || service.name === INGRESS) {
    problems.push({
      message: `the service name '${service.name}' is not usable`,
      next: `Use lower-case letters, digits and '-', at most 40, and not '${INGRESS}'.`,
    });
  }
  if (!Number.isInteger(service.port) || service.port < 1024 || service.port > 65_535) {
    problems.push({
      message: `${service.name}: port ${service.port} is not in 1024..65535`,
      next: 'Take a port that a process without root may listen on, e.g. 8080.',
    });
  }
  if (!Number.isInteger(service.replicas) || service.replicas < 1) {
    problems.push({
      message: `${service.name}: replicas ${service.replicas} is not a whole number above 0`,
      next: 'Set replicas to 1 or more.',
    });
  }
  return problems;
}

function overlapProblems(service: Service): TopologyProblem[] {
  const operations = service.operations.filter((operation) => operation.protocol === 'http');
  return operations.flatMap((one, index) =>
    operations
      .slice(index + 1)
      .filter((other) => other.method === one.method && pathsOverlap(one, other))
      .map((other) => ({
        message: `${one.id} and ${other.id} both answer ${one.method} ${one.path} (the other is declared as ${other.path})`,
        next: 'Give them paths that no request can match both of: routes and permissions are told apart by path.',
      })),
  );
}

function pathsOverlap(one: HttpOperation, other: HttpOperation): boolean {
  const a = one.path.split('/');
  const b = other.path.split('/');
  return (
    a.length === b.length &&
    a.every((segment, index) => {
      const opposite = b[index] ?? '';
      return segment === opposite || segment.startsWith('{') || opposite.startsWith('{');
    })
  );
}

function edgeProblems(topology: Topology, edge: Edge): TopologyProblem[] {
  const operations = topology.services.flatMap((service) => service.operations);
  if (!operations.some((operation) => operation.id === edge.operation)) {
    const known = operations.map((operation) => operation.id).join(', ');
    return [
      {
        message: `${edge.id}: no service declares the operation '${edge.operation}'`,
        next: `Call one of: ${known}.`,
      },
    ];
  }
  if (edge.caller === INGRESS) return [];
  const caller = topology.services.find((service) => service.name === edge.caller);
  if (caller === undefined) {
    const known = topology.services.map((service) => service.name).join(', ');
    return [
      {
        message: `${edge.id}: no service is called '${edge.caller}'`,
        next: `Name one of: ${known}.`,
      },
    ];
  }
  const unknown = edge.during.filter(
    (name) => !caller.operations.some((operation) => operation.name === name),
  );
  return unknown.map((name) => ({
    message: `${edge.id}: during '${name}' is no operation of ${caller.name}`,
    next: `Name one of: ${caller.operations.map((operation) => operation.name).join(', ')}.`,
  }));
}

function exampleProblems(topology: Topology): TopologyProblem[] {
  return topology.edges.flatMap((edge) => {
    const operation = topology.services
      .flatMap((service) => service.operations)
      .find((candidate) => candidate.id === edge.operation);
    if (operation?.protocol !== 'http') return [];
    const taken = Object.values(operation.example.params ?? {}).filter(
      (value): value is TakenValue => typeof value !== 'string',
    );
    return taken
      .filter((value) => !topology.edges.some((other) => isSource(edge, other, value)))
      .map((value) => ({
        message: `${edge.id}: its example takes '${value.field}' from ${value.from}, which ${edge.caller} does not call`,
        next: `Declare the edge ${edge.caller}->${value.from}, or give the example a fixed value.`,
      }));
  });
}

function isSource(edge: Edge, other: Edge, value: TakenValue): boolean {
  return other.caller === edge.caller && other.operation === value.from;
}
