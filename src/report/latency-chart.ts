import type { CellResult } from '../experiment/result.ts';
import { axisBase, colours, draw, frame } from './draw.ts';
import { factorSymbol } from './format.ts';

const percentiles = [
  ['p50', 'p50Ms'],
  ['p90', 'p90Ms'],
  ['p99', 'p99Ms'],
  ['p99.9', 'p999Ms'],
  ['max', 'maxMs'],
] as const;

/** Latency percentiles from the intended start, one curve a cell of the greatest first factor; null without any. */
export function drawLatency(cells: CellResult[]): string | null {
  const first = Object.keys(cells[0]?.factors ?? {})[0] ?? '';
  const most = Math.max(...cells.map((cell) => cell.factors[first] ?? 0));
  const drawn = cells.filter((cell) => cell.load !== null && cell.factors[first] === most);
  if (drawn.length === 0) return null;
  const x = Object.keys(drawn[0]?.factors ?? {}).at(-1) ?? '';
  const nameOf = (cell: CellResult): string => `${factorSymbol(x)} = ${cell.factors[x]}`;
  return draw({
    ...frame(`latency at ${factorSymbol(first)} = ${most}, intended start`, drawn.map(nameOf)),
    xAxis: { ...axisBase, type: 'category', data: percentiles.map(([name]) => name) },
    yAxis: { ...axisBase, type: 'log', name: 'ms', nameGap: 40 },
    series: drawn.map((cell, i) => ({
      type: 'line',
      name: nameOf(cell),
      symbolSize: 6,
      itemStyle: { color: colours[i % colours.length] },
      lineStyle: { color: colours[i % colours.length] },
      data: percentiles.map(([, key]) => Math.max(0.01, cell.load?.latency[key] ?? 0)),
    })),
  });
}
