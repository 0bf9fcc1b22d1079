import { WindtunnelError } from '../errors.ts';
import { buildCall } from '../topology/calls.ts';
import { edgeNamed, hostOf, operationNamed } from '../topology/derive.ts';
import type { Topology } from '../topology/model.ts';
import type { EdgeUnderTest } from './edge-under-test.ts';
import type { Experiment, Factors } from './language.ts';

/** What {@link experimentsOn} gives: the words of the experiment language that need to know the topology. */
export interface ExperimentWords<RepeatableId extends string> {
  /**
   * An edge to experiment on. Any other id than that of a declared edge with a unary, idempotent operation is a type error.
   * `values` are those of the request, as `windtunnel call` takes them; what is left out comes from the declared example.
   */
  edge(id: RepeatableId, values?: Readonly<Record<string, string>>): EdgeUnderTest;
  /** An experiment; only infers the type of its factors. */
  experiment<F extends Factors>(experiment: Experiment<F>): Experiment<F>;
}

/** The experiment language for one topology. */
export function experimentsOn<
  EdgeId extends string,
  Name extends string,
  Repeatable extends string,
>(topology: Topology<EdgeId, Name, Repeatable>): ExperimentWords<Repeatable> {
  return {
    edge: (id, values = {}) => edgeUnderTest(topology, id, values),
    experiment: (experiment) => experiment,
  };
}

function edgeUnderTest(
  topology: Topology,
  id: string,
  values: Readonly<Record<string, string>>,
): EdgeUnderTest {
  const { caller, service, operation } = edgeNamed(topology, id);
  // The compiler has said so already, unless someone went around it.
  if (!topology.repeatable.includes(id)) {
    throw new WindtunnelError(
      'bad-experiment',
      `${id} cannot be repeated: it is not both unary and idempotent`,
      { next: `Use one of: ${topology.repeatable.join(', ')}.` },
    );
  }
  return {
    id,
    caller,
    service,
    namespace: topology.namespace,
    protocol: operationNamed(topology, operation).protocol,
    host: hostOf(topology, service),
    call: buildCall(topology, operation, values),
  };
}
