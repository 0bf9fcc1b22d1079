import type { CellResult, ExperimentResult, MetricResult } from '../experiment/result.ts';
import { tableLines } from '../table.ts';
import {
  byEdge,
  certaintyText,
  factorSymbol,
  measuredText,
  metricUnit,
  metricValue,
  millis,
  protocolName,
  retryProof,
  verdictMark,
} from './format.ts';

interface Column {
  /** Two lines of heading. */
  head: [string, string];
  cell: (cell: CellResult) => string;
  align: 'left' | 'right';
}

/**
 * The result for a terminal: a table for each edge, predicted beside measured, then what was wrong and how sure it is.
 * Without colours or control characters, so that it reads the same in a file.
 */
export function renderTable(result: ExperimentResult): string {
  const { experiment, cells, load, statistics } = result;
  const requests = cells.reduce((sum, cell) => sum + (cell.load?.completed ?? 0), 0);
  const lines = [
    `${experiment.reference} ${experiment.title}: ${result.verdict.toUpperCase()}`,
    `  ${requests} requests, ${load.arrivals} arrivals at ${load.ratePerSecond}/s on each edge, seed ${result.seed}, target ${result.target}, ${(result.durationMs / 1000).toFixed(1)} s`,
  ];
  for (const [edge, own] of byEdge(cells)) {
    const protocol = own[0] === undefined ? '' : ` (${protocolName(own[0].protocol)})`;
    lines.push('', `${edge}${protocol}`);
    lines.push(...renderRows(columnsFor(own), own).map((line) => `  ${line}`));
  }
  const problems = result.reasons.slice(0, 12).map((reason) => `  - ${reason}`);
  if (result.reasons.length > 12) problems.push(`  … and ${result.reasons.length - 12} more`);
  if (problems.length > 0) lines.push('', `Why it is ${result.verdict}:`, ...problems);
  lines.push('', certaintyText(statistics));
  if (cells.some(({ latencyTrusted, load }) => load !== null && !latencyTrusted)) {
    lines.push('~ The generator was late here: read no latency off it; counts are not affected.');
  }
  return lines.join('\n');
}

function metricOf(cell: CellResult, name: string): MetricResult | undefined {
  return cell.metrics.find((metric) => metric.name === name);
}

function metricColumns(metric: MetricResult): Column[] {
  const value = (read: (found: MetricResult) => string) => (cell: CellResult) => {
    const found = metricOf(cell, metric.name);
    return found === undefined ? '-' : read(found);
  };
  if (metric.kind === 'maximum') {
    return [
      {
        head: [metric.label, metric.formula],
        cell: value((found) =>
          found.measured === found.predicted
            ? String(found.measured)
            : `${found.measured} not ${found.predicted}`,
        ),
        align: 'right',
      },
    ];
  }
  const unit = metricUnit(metric) === '%' ? ' %' : '';
  return [
    {
      head: [`${metric.label}${unit}`, metric.formula],
      cell: value((found) => metricValue(found, found.predicted)),
      align: 'right',
    },
    { head: ['measured', '(interval)'], cell: value(measuredText), align: 'left' },
  ];
}

function columnsFor(cells: CellResult[]): Column[] {
  const [first] = cells;
  const metrics = cells.find((cell) => cell.metrics.length > 0)?.metrics ?? [];
  return [
    ...Object.keys(first?.factors ?? {}).map(
      (name): Column => ({
        head: ['', factorSymbol(name)],
        cell: ({ factors }) => String(factors[name]),
        align: 'right',
      }),
    ),
    {
      head: ['', 'requests'],
      cell: ({ load, requests }) => String(load?.completed ?? requests),
      align: 'right',
    },
    ...metrics.flatMap(metricColumns),
    { head: ['retries:', 'callee = caller'], cell: retryProof, align: 'left' },
    {
      head: ['p99', 'ms'],
      cell: ({ load, latencyTrusted }) =>
        load === null ? '-' : `${latencyTrusted ? '' : '~'}${millis(load.latency.p99Ms)}`,
      align: 'right',
    },
    { head: ['', ''], cell: ({ verdict }) => `${verdictMark[verdict]} ${verdict}`, align: 'left' },
  ];
}

function renderRows(columns: Column[], cells: CellResult[]): string[] {
  const rows = [
    columns.map(({ head }) => head[0]),
    columns.map(({ head }) => head[1]),
    ...cells.map((cell) => columns.map((column) => column.cell(cell))),
  ];
  const right = columns.flatMap(({ align }, column) => (align === 'right' ? [column] : []));
  return tableLines(rows, right);
}
