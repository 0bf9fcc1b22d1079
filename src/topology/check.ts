import { WindtunnelError } from '../errors.ts';
import { checkDeadlines } from './check-deadlines.ts';
import { checkNames } from './check-names.ts';
import { checkRetries } from './check-retries.ts';
import type { Topology } from './model.ts';
import type { TopologyProblem } from './problem.ts';

/** A group of rules; pure. */
type TopologyRule = (topology: Topology) => TopologyProblem[];

const rules: TopologyRule[] = [checkNames, checkDeadlines, checkRetries];

/** Throws `bad-topology` with all problems of the first group of rules that finds one. */
export function checkTopology(topology: Topology): void {
  const problems = topologyProblems(topology);
  const [first] = problems;
  if (first === undefined) return;
  if (problems.length === 1) {
    throw new WindtunnelError('bad-topology', first.message, { next: first.next });
  }
  const lines = problems.map((problem) => `- ${problem.message}\n  ${problem.next}`);
  throw new WindtunnelError('bad-topology', `${problems.length} problems:\n${lines.join('\n')}`, {
    next: 'Mend the declaration: each line above says how.',
  });
}

/** Every problem of a topology that types cannot see; names come first, as the other rules need them. */
function topologyProblems(topology: Topology): TopologyProblem[] {
  for (const rule of rules) {
    const problems = rule(topology);
    if (problems.length > 0) return problems;
  }
  return [];
}
