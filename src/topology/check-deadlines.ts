import type { Deadline } from './edges.ts';
import type { Edge, Topology } from './model.ts';
import type { TopologyProblem } from './problem.ts';

/**
 * Deadlines that cannot hold: a call that may outlast the call it is made for, and calls made one after another
 * that together may. Whoever waits would have gone while work for it goes on (Site Reliability Engineering, ch. 22).
 */
export function checkDeadlines(topology: Topology): TopologyProblem[] {
  const invalid = topology.edges.filter((edge) => !isDeadline(edge.deadlineMs));
  if (invalid.length > 0) {
    return invalid.map((edge) => ({
      message: `${edge.id}: deadlineMs ${String(edge.deadlineMs)} is not a whole number above 0`,
      next: "Give it milliseconds, or 'none' where the call is a stream.",
    }));
  }
  return [...cycleProblems(topology), ...topology.edges.flatMap((edge) => nesting(topology, edge))];
}

/** The calls that one operation of a service makes, in the order of the topology. */
function childrenOf(topology: Topology, parent: Edge): Edge[] {
  const [service, name] = parent.operation.split('.');
  return topology.edges.filter(
    (edge) => edge.caller === service && edge.during.includes(name ?? ''),
  );
}

function isDeadline(value: Deadline): boolean {
  return value === 'none' || (Number.isInteger(value) && value > 0);
}

function nesting(topology: Topology, parent: Edge): TopologyProblem[] {
  const limitMs = parent.deadlineMs;
  if (limitMs === 'none') return [];
  const children = childrenOf(topology, parent);
  const tooLong = children.filter(
    (child) => child.deadlineMs === 'none' || child.deadlineMs > limitMs,
  );
  if (tooLong.length > 0) {
    return tooLong.map((child) => ({
      message: `${child.id}: its deadline (${show(child.deadlineMs)}) is longer than that of ${parent.id} (${show(limitMs)}), for which it is called`,
      next: `Set the deadline of ${child.id} to at most ${limitMs} ms, or raise that of ${parent.id}.`,
    }));
  }
  const sumMs = children.reduce((sum, child) => sum + Number(child.deadlineMs), 0);
  if (sumMs <= limitMs) return [];
  const parts = children.map((child) => `${child.id} ${show(child.deadlineMs)}`).join(' + ');
  return [
    {
      message: `${parent.id}: the calls it makes one after another may take ${sumMs} ms (${parts}), its own deadline is ${limitMs} ms`,
      next: `Lower their deadlines by ${sumMs - limitMs} ms in all, or raise that of ${parent.id} to ${sumMs} ms.`,
    },
  ];
}

function show(deadline: Deadline): string {
  return deadline === 'none' ? 'none' : `${deadline} ms`;
}

function cycleProblems(topology: Topology): TopologyProblem[] {
  for (const start of topology.edges) {
    const path = findPath(topology, start, start.operation, []);
    if (path !== undefined) {
      return [
        {
          message: `calls go round: ${path.map((edge) => edge.id).join(', ')}`,
          next: 'Remove one of these edges: no deadline can hold on a circle.',
        },
      ];
    }
  }
  return [];
}

/** Depth first; each edge is visited once, so the search is bounded by the number of edges. */
function findPath(
  topology: Topology,
  from: Edge,
  goal: string,
  path: Edge[],
  visited = new Set<Edge>(),
): Edge[] | undefined {
  for (const child of childrenOf(topology, from)) {
    if (child.operation === goal) return [...path, child];
    if (visited.has(child)) continue;
    visited.add(child);
    const found = findPath(topology, child, goal, [...path, child], visited);
    if (found !== undefined) return found;
  }
  return undefined;
}
