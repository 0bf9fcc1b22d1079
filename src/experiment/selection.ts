import { WindtunnelError } from '../errors.ts';
import { type Cell, cellsOf, type Experiment, type Factors } from './language.ts';

interface Condition {
  name: string;
  values: string[];
}

/**
 * Reads `NAME=VALUE[,VALUE…]` conditions, all of which a cell must meet; NAME is a factor, or `edge` (part of its id).
 * Throws `usage` for an unknown name, and when no cell is left.
 */
export function selectCells<F extends Factors>(
  experiment: Experiment<F>,
  conditions: readonly string[],
): (cell: Cell) => boolean {
  const parsed = conditions.map(parseCondition);
  const known = ['edge', ...Object.keys(experiment.factors[0] ?? {})];
  for (const { name } of parsed) {
    if (known.includes(name)) continue;
    throw new WindtunnelError('usage', `${experiment.name} has no factor '${name}'`, {
      next: `one of: ${known.join(', ')}`,
    });
  }
  const meets = ({ edge, factors }: Cell, { name, values }: Condition): boolean =>
    name === 'edge'
      ? values.some((value) => edge.id.includes(value))
      : values.some((value) => Number(value) === factors[name]);
  const chosen = (cell: Cell): boolean => parsed.every((condition) => meets(cell, condition));
  if (!cellsOf(experiment).some(chosen)) {
    throw new WindtunnelError('usage', `no cell of ${experiment.name} is left`, {
      next: `loosen --cells ${conditions.join(' --cells ')}`,
    });
  }
  return chosen;
}

function parseCondition(text: string): Condition {
  const at = text.indexOf('=');
  const name = text.slice(0, at).trim();
  const values = text.slice(at + 1).split(',');
  if (at > 0 && values.every((value) => value.trim() !== '')) {
    return { name, values: values.map((value) => value.trim()) };
  }
  throw new WindtunnelError('usage', `--cells ${text} is not NAME=VALUE[,VALUE…]`, {
    next: 'e.g. --cells retries=0,2 --cells edge=users.get',
  });
}
