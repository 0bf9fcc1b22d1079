import type { CellResult, ExperimentResult } from '../experiment/result.ts';
import {
  byEdge,
  certaintyText,
  factorSymbol,
  factorsText,
  measuredText,
  metricUnit,
  metricValue,
  millis,
  protocolName,
  retryProof,
  verdictMark,
} from './format.ts';
import { drawLatency } from './latency-chart.ts';
import { drawMetric } from './metric-chart.ts';
import { reportStyle } from './style.ts';

interface Column {
  name: string;
  note: string;
  cell(cell: CellResult): string;
}

/**
 * The result as one HTML file that needs nothing else: plots are inline SVG, nothing is fetched, nothing is scripted.
 * Reads on a phone and prints.
 */
export function renderHtml(result: ExperimentResult): string {
  const { experiment, verdict, reasons, statistics, cells } = result;
  const title = `${experiment.reference} ${experiment.title}`;
  const late = cells.some((cell) => cell.load !== null && !cell.latencyTrusted);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}: ${verdict}</title><style>${reportStyle}</style></head><body>
<h1>${escape(title)}</h1>
<p><span class="verdict ${verdict}">${verdictMark[verdict]} ${verdict}</span></p>
<p>${escape(experiment.statement)}</p>
<p class="faint">Confirmed when ${escape(experiment.success)}. Formula: ${escape(experiment.source)}.</p>
${reasons.length === 0 ? '' : `<p>Why it is ${verdict}:</p>${list(reasons)}`}
${byEdge(cells)
  .map(([edge, own]) => edgeSection(edge, own))
  .join('\n')}
<h2>How sure this is</h2>
<p>${escape(certaintyText(statistics))}</p>
<p>Retries are counted twice, by parties that don't know of each other: the callee's sidecars log the number of each attempt (<code>x-envoy-attempt-count</code>), the caller's sidecar counts <code>upstream_rq_retry</code>. A cell where they differ is invalid.</p>
<p>Latency counts from the moment a request was due, so a stall shows at its full length.${late ? ' ~ marks cells in which the generator itself was late: read no latency off them; counts are not affected.' : ''}</p>
<p>What the prediction assumes:</p>${list(experiment.assumptions)}
<h2>The run</h2>
${facts(result)}
<p class="faint">Again, with the same schedule of arrivals: <code>npx windtunnel experiment run ${escape(experiment.name)} --seed ${result.seed}</code></p>
</body></html>
`;
}

/** Text as HTML: results may quote what a mesh answered. */
function escape(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>`;
}

function columnsOf(cells: CellResult[]): Column[] {
  const metrics = cells.find((cell) => cell.metrics.length > 0)?.metrics ?? [];
  const find = (cell: CellResult, name: string) => cell.metrics.find((one) => one.name === name);
  return [
    ...Object.keys(cells[0]?.factors ?? {}).map((name) => ({
      name: factorSymbol(name),
      note: '',
      cell: ({ factors }: CellResult) => String(factors[name]),
    })),
    {
      name: 'requests',
      note: '',
      cell: ({ load, requests }) => String(load?.completed ?? requests),
    },
    ...metrics.flatMap((metric): Column[] => [
      {
        name: `${metric.label}, predicted`,
        note: `${metric.formula}${metricUnit(metric) === '%' ? ' in %' : ''}`,
        cell: (cell) => {
          const found = find(cell, metric.name);
          return found === undefined ? '-' : metricValue(found, found.predicted);
        },
      },
      {
        name: `${metric.label}, measured`,
        note: metric.kind === 'mean' ? '(interval)' : '',
        cell: (cell) => {
          const found = find(cell, metric.name);
          return found === undefined ? '-' : measuredText(found);
        },
      },
    ]),
    { name: 'retries', note: 'callee = caller', cell: retryProof },
    {
      name: 'p50 / p99',
      note: 'ms, intended start',
      cell: ({ load, latencyTrusted }) =>
        load === null
          ? '-'
          : `${latencyTrusted ? '' : '~'}${millis(load.latency.p50Ms)} / ${millis(load.latency.p99Ms)}`,
    },
  ];
}

function cellTable(cells: CellResult[]): string {
  const columns = columnsOf(cells);
  const head = columns
    .map(({ name, note }) => `<th>${escape(name)}<small>${escape(note)}</small></th>`)
    .join('');
  const rows = cells.map((cell) => {
    const data = columns
      .map(
        (column) =>
          `<td data-name="${escape(`${column.name} ${column.note}`.trim())}">${escape(column.cell(cell))}</td>`,
      )
      .join('');
    const verdict = `<td data-name="verdict" class="${cell.verdict}">${verdictMark[cell.verdict]} ${cell.verdict}</td>`;
    return `<tr>${data}${verdict}</tr>`;
  });
  return `<table><thead><tr>${head}<th>verdict</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function edgeSection(edge: string, cells: CellResult[]): string {
  const names = (cells.find((cell) => cell.metrics.length > 0)?.metrics ?? [])
    .filter(({ kind }) => kind === 'mean')
    .map(({ name }) => name);
  const charts = [...names.map((name) => drawMetric(cells, name)), drawLatency(cells)]
    .filter((chart) => chart !== null)
    .map((chart) => `<figure>${chart}</figure>`);
  const protocol = cells[0] === undefined ? '' : ` (${protocolName(cells[0].protocol)})`;
  return `<section><h2>${escape(edge)}${protocol}</h2>
<div class="charts">${charts.join('')}</div>${cellTable(cells)}${checkDetails(cells)}</section>`;
}

function checkDetails(cells: CellResult[]): string {
  const checks = cells.flatMap((cell) =>
    cell.checks.map(
      ({ name, left, right, holds }) =>
        `${holds ? '✓' : '✗'} ${factorsText(cell.factors)}: ${name}: ${left} and ${right}`,
    ),
  );
  if (checks.length === 0) return '';
  const failed = checks.filter((check) => check.startsWith('✗')).length;
  const summary = `${checks.length} counts of different parties compared, ${failed} disagree`;
  return `<details><summary>${summary}</summary>${list(checks)}</details>`;
}

function facts(result: ExperimentResult): string {
  const { load, environment, target, seed, startedAt, durationMs, phases, guards, cells } = result;
  const lagMs = Math.max(0, ...cells.map((cell) => cell.load?.sendLag.p99Ms ?? 0));
  const requests = cells.reduce((sum, cell) => sum + (cell.load?.completed ?? 0), 0);
  const rows: [string, string][] = [
    ['run', `${startedAt}, target ${target}, ${(durationMs / 1000).toFixed(1)} s, seed ${seed}`],
    [
      'load',
      `open loop, ${load.arrivals} arrivals at ${load.ratePerSecond}/s on each edge, ${requests} requests`,
    ],
    [
      'generator',
      `p99 of its lag at most ${millis(lagMs)} ms; at most ${load.maxOutstanding} requests under way`,
    ],
    ['machine', `${environment.platform}, ${environment.cpus} CPUs, Node ${environment.node}`],
    ...phases.map(({ name, detail, durationMs: ms, passed }): [string, string] => [
      name,
      `${passed ? '✓' : '✗'} ${detail} (${(ms / 1000).toFixed(1)} s)`,
    ]),
    ...guards.map(({ edge, probes, failures, tripped }): [string, string] => [
      'guard',
      `${tripped ? '✗' : '✓'} ${edge}: ${failures} of ${probes} probes failed`,
    ]),
  ];
  const items = rows.map(([name, text]) => `<dt>${escape(name)}</dt><dd>${escape(text)}</dd>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}
