import { rangeText } from './kit/compare.ts';
import { bootstrap, median } from './kit/statistics.ts';
import { type ArmName, armNames, type BenchEdge } from './sidecar-cost-arms.ts';
import type { Block, Blocks } from './sidecar-cost-blocks.ts';

type Field = keyof Block;

function middle(blocks: readonly Block[], field: Field): number {
  return median(blocks.map((block) => block[field]));
}

/** What `over` adds to no sidecar at all, to what Istio's defaults add to it. */
function addedRatio(blocks: Blocks, over: ArmName, field: Field): [number, [number, number]] {
  const arms = { over: blocks[over], defaults: blocks.defaults, none: blocks.none };
  const ratio = (drawn: Record<keyof typeof arms, Block[]>): number => {
    const none = middle(drawn.none, field);
    return (middle(drawn.over, field) - none) / (middle(drawn.defaults, field) - none);
  };
  const all = { over: arms.over.flat(), defaults: arms.defaults.flat(), none: arms.none.flat() };
  return [ratio(all), bootstrap(arms, ratio)];
}

function plainRatio(
  blocks: Blocks,
  over: ArmName,
  under: ArmName,
  field: Field,
): [number, [number, number]] {
  const arms = { over: blocks[over], under: blocks[under] };
  const ratio = (drawn: Record<keyof typeof arms, Block[]>): number =>
    middle(drawn.over, field) / middle(drawn.under, field);
  return [ratio({ over: arms.over.flat(), under: arms.under.flat() }), bootstrap(arms, ratio)];
}

/** All comparisons of an edge: what is compared, ours and control, each a ratio with its 95 % interval. */
export function comparisons(blocks: Blocks) {
  const added = (what: string, field: Field) => ({
    what,
    ours: addedRatio(blocks, 'ours', field),
    control: addedRatio(blocks, 'again', field),
  });
  const plain = (what: string, field: Field, under: ArmName = 'defaults') => ({
    what,
    ours: plainRatio(blocks, 'ours', under, field),
    control: plainRatio(blocks, 'again', under, field),
  });
  return [
    added('added p50, to that of defaults', 'p50Ms'),
    added('added p99, to that of defaults', 'p99Ms'),
    plain('CPU of the sidecars / defaults', 'sidecarsMs'),
    plain('CPU of the pods / defaults', 'podsMs'),
    plain('p50 / none', 'p50Ms', 'none'),
    plain('p99 / none', 'p99Ms', 'none'),
    plain('CPU of the pods / none', 'podsMs', 'none'),
  ];
}

/** Prints the medians of an edge's arms, and the comparisons. */
export function printEdge(edge: BenchEdge, blocks: Blocks, write: (line: string) => void): void {
  const cells = (first: string, values: string[], width: number): string =>
    `  ${first.padEnd(32)}${values.map((value) => value.padStart(width)).join('')}`;
  write(edge.title);
  write(cells('median over blocks', [...armNames], 10));
  const fields: [string, Field, number][] = [
    ['p50, ms', 'p50Ms', 3],
    ['p99, ms', 'p99Ms', 3],
    ['sidecars, CPU ms / 1000 requests', 'sidecarsMs', 0],
    ['pods, CPU ms / 1000 requests', 'podsMs', 0],
    ['send lag p99, ms', 'lagP99Ms', 3],
  ];
  for (const [what, field, digits] of fields) {
    write(
      cells(
        what,
        armNames.map((arm) => middle(blocks[arm].flat(), field).toFixed(digits)),
        10,
      ),
    );
  }
  write(cells('ratio [95 %]', ['ours', 'again (A/A)'], 26));
  for (const { what, ours, control } of comparisons(blocks)) {
    write(cells(what, [rangeText(...ours), rangeText(...control)], 26));
  }
}
