import type { CellVerdict, MeasuredCell, PlainCell } from '../../call/matrix.ts';

const signs: Record<CellVerdict, string> = { allowed: '✓', refused: '×', kept: '·', unclear: '?' };

/** A table of verdicts, operations by callers, and a line for each cell that is not as declared. */
export function matrixLines(title: string, cells: MeasuredCell[]): string[] {
  const callers = [...new Set(cells.map(({ caller }) => caller))];
  const operations = [...new Set(cells.map(({ operation }) => operation))];
  const width = Math.max(...operations.map((operation) => operation.length));
  const rows = operations.map((operation) => {
    const row = callers.map((caller) => {
      const cell = cells.find((one) => one.caller === caller && one.operation === operation);
      const sign = cell === undefined ? ' ' : signs[cell.verdict];
      const wrong = cell !== undefined && cell.verdict !== cell.expected;
      return `${sign}${wrong ? '!' : ''}`.padEnd(caller.length);
    });
    return `  ${operation.padEnd(width)}  ${row.join('  ')}`.trimEnd();
  });
  const wrong = cells
    .filter(({ verdict, expected }) => verdict !== expected)
    .map(
      ({ caller, operation, verdict, expected, detail }) =>
        `  ✗ ${caller}->${operation}: ${verdict}, not ${expected} (${detail})`,
    );
  return [
    '',
    `${title} (✓ allowed, × refused by the callee, · kept by the caller's own proxy, ? unclear, ! not as declared)`,
    `  ${' '.repeat(width)}  ${callers.join('  ')}`,
    ...rows,
    ...wrong,
  ];
}

/** A line a service: what plaintext met there. */
export function plaintextLines(cells: PlainCell[]): string[] {
  const width = Math.max(...cells.map(({ service }) => service.length));
  return [
    '',
    'plaintext from outside the mesh',
    ...cells.map(
      ({ service, verdict, detail }) =>
        `  ${verdict === 'answered' ? '✗' : '✓'} ${service.padEnd(width)}  ${verdict}: ${detail}`,
    ),
  ];
}
