import { buildCall, type Call } from './calls.ts';
import { operationNamed } from './derive.ts';
import type { Edge, Topology } from './model.ts';
import type { TakenValue } from './operations.ts';

/** A value of an example that comes from the answer of another one. */
export interface Need {
  /** Name of the parameter, e.g. `id`. */
  parameter: string;
  /** Id of the edge whose example gives it; it stands earlier in the list. */
  edge: string;
  /** Field of its JSON answer. */
  field: string;
}

/** The call that proves one edge. */
export interface EdgeExample {
  /** The edge's id, e.g. `storefront->users.get`. */
  id: string;
  caller: string;
  edge: Edge;
  /** Its path still holds `{parameter}` for each of {@link EdgeExample.needs}: see {@link fillNeeds}. */
  call: Call;
  needs: Need[];
}

/**
 * One real call for each declared edge, those of the ingress gateway included; an example that needs another's answer
 * comes after it, otherwise they are in the order of the topology.
 */
export function edgeExamples(topology: Topology): EdgeExample[] {
  const examples = topology.edges.map((edge) => exampleOf(topology, edge));
  const ready = examples.filter((example) => example.needs.length === 0);
  return [...ready, ...examples.filter((example) => example.needs.length > 0)];
}

/** The call with the needed values in place of their `{parameter}`s; values are keyed by parameter. */
export function fillNeeds(example: EdgeExample, values: Readonly<Record<string, string>>): Call {
  const call = example.call;
  if (call.protocol === 'grpc') return call;
  const path = example.needs.reduce(
    (filled, need) =>
      filled.replace(`{${need.parameter}}`, encodeURIComponent(values[need.parameter] ?? '')),
    call.path,
  );
  return { ...call, path };
}

function exampleOf(topology: Topology, edge: Edge): EdgeExample {
  const operation = operationNamed(topology, edge.operation);
  const params = operation.protocol === 'http' ? (operation.example.params ?? {}) : {};
  const taken = Object.entries(params).filter(
    (entry): entry is [string, TakenValue] => typeof entry[1] !== 'string',
  );
  return {
    id: edge.id,
    caller: edge.caller,
    edge,
    call: buildCall(topology, edge.operation),
    needs: taken.map(([parameter, value]) => ({
      parameter,
      edge: `${edge.caller}->${value.from}`,
      field: value.field,
    })),
  };
}
