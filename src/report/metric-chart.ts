import type { CellResult, MetricResult } from '../experiment/result.ts';
import { axisBase, colours, draw, frame, ink } from './draw.ts';
import { factorSymbol } from './format.ts';

/** Cells that differ in their last factor only, e.g. all n of one p: one curve. */
interface Curve {
  name: string;
  colour: string;
  cells: CellResult[];
}

interface Api {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
}

/** How a metric's values are placed on the chart. */
interface Scale {
  logarithmic: boolean;
  /** Least value that has a place. */
  foot: number;
  place(value: number): number;
}

type Pick = (cell: CellResult) => MetricResult | undefined;

/**
 * Predicted (line, hollow points) beside measured (full points with their shown interval) of one mean metric, over the
 * last factor. Shares that span more than a decade are drawn on a logarithmic axis; null when there is nothing to draw.
 */
export function drawMetric(cells: CellResult[], name: string): string | null {
  const pick: Pick = (cell) => cell.metrics.find((metric) => metric.name === name);
  const drawn = cells.filter((cell) => pick(cell) !== undefined);
  const metric = drawn[0] === undefined ? undefined : pick(drawn[0]);
  if (metric === undefined) return null;
  const scale = scaleOf(
    metric,
    drawn.map((cell) => pick(cell)?.predicted ?? 0),
  );
  const x = lastFactor(drawn);
  const curves = curvesOf(drawn);
  // The curves share their x: shifted a little, their intervals don't hide each other.
  const series = curves.flatMap((curve, i) =>
    seriesOf(curve, (i - (curves.length - 1) / 2) * 0.08, x, pick, scale),
  );
  return draw({
    ...frame(
      `${metric.name}, ${metric.formula}`,
      curves.flatMap((curve) => [`${curve.name}, predicted`, `${curve.name}, measured`]),
    ),
    xAxis: factorAxis(
      x,
      drawn.map((cell) => cell.factors[x] ?? 0),
    ),
    yAxis: {
      ...axisBase,
      type: scale.logarithmic ? 'log' : 'value',
      ...(scale.logarithmic ? { min: scale.foot } : { scale: metric.unit !== 'share' }),
      name: metric.unit === 'share' ? '% of requests' : metric.unit,
      nameGap: 40,
    },
    series,
  });
}

function curvesOf(cells: CellResult[]): Curve[] {
  const names = Object.keys(cells[0]?.factors ?? {}).slice(0, -1);
  const nameOf = (cell: CellResult): string =>
    names.map((name) => `${factorSymbol(name)} = ${cell.factors[name]}`).join(', ');
  return [...new Set(cells.map(nameOf))].map((name, i) => ({
    name,
    colour: colours[i % colours.length] ?? ink,
    cells: cells.filter((cell) => nameOf(cell) === name),
  }));
}

function lastFactor(cells: CellResult[]): string {
  return Object.keys(cells[0]?.factors ?? {}).at(-1) ?? '';
}

/** A vertical bar with caps from low to high, at x. */
function errorBar(colour: string) {
  return (_parameters: unknown, api: Api) => {
    const x = api.value(0);
    const [left, low] = api.coord([x, api.value(1)]);
    const [, high] = api.coord([x, api.value(2)]);
    const line = (x1: number, y1: number, x2: number, y2: number): object => ({
      type: 'line',
      shape: { x1, y1, x2, y2 },
      style: { stroke: colour, lineWidth: 1.5 },
    });
    return {
      type: 'group',
      children: [
        line(left, low, left, high),
        line(left - 4, low, left + 4, low),
        line(left - 4, high, left + 4, high),
      ],
    };
  };
}

function scaleOf(metric: MetricResult, predicted: number[]): Scale {
  const factor = metric.unit === 'share' ? 100 : 1;
  const least = Math.min(...predicted);
  const logarithmic = metric.unit === 'share' && least > 0 && Math.max(...predicted) / least > 10;
  // A measured zero has no place on a logarithmic axis: it is drawn at the axis' foot.
  const foot = logarithmic ? 10 ** Math.floor(Math.log10((least * factor) / 3)) : 0;
  return { logarithmic, foot, place: (value) => Math.max(value * factor, foot) };
}

function seriesOf(curve: Curve, shift: number, x: string, pick: Pick, scale: Scale): object[] {
  const { name, colour, cells } = curve;
  const at = (cell: CellResult): number => (cell.factors[x] ?? 0) + shift;
  const points = (read: (metric: MetricResult | undefined) => (number | undefined)[]): number[][] =>
    cells.map((cell) => [at(cell), ...read(pick(cell)).map((value) => scale.place(value ?? 0))]);
  return [
    {
      type: 'line',
      name: `${name}, predicted`,
      // A ring, so that the measured point inside it stays visible.
      symbol: 'circle',
      symbolSize: 13,
      lineStyle: { type: 'dashed', width: 1.5, color: colour },
      itemStyle: { color: 'transparent', borderColor: colour, borderWidth: 1.5 },
      data: points((metric) => [metric?.predicted]),
    },
    {
      type: 'scatter',
      name: `${name}, measured`,
      symbol: 'diamond',
      symbolSize: 9,
      itemStyle: { color: colour, opacity: 1 },
      z: 3,
      data: points((metric) => [metric?.measured]),
    },
    {
      type: 'custom',
      renderItem: errorBar(colour),
      // Both ends count when the axis is scaled.
      encode: { x: 0, y: [1, 2] },
      z: 1,
      data: points((metric) => [metric?.shown?.low, metric?.shown?.high]),
    },
  ];
}

function factorAxis(x: string, values: number[]): object {
  return {
    ...axisBase,
    type: 'value',
    name: factorSymbol(x),
    nameGap: 24,
    // Half a step of room on either side; ticks in between have no label.
    min: Math.min(...values) - 0.5,
    max: Math.max(...values) + 0.5,
    interval: 0.5,
    splitLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      color: ink,
      formatter: (value: number) => (Number.isInteger(value) ? String(value) : ''),
    },
  };
}
