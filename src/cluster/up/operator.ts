import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'yaml';
import { WindtunnelError } from '../../errors.ts';
import { asString, isRecord } from '../../manifests/fields.ts';

/**
 * Lays IstioOperator files over each other, later ones win, into one for istioctl. Lists whose items have names are merged by
 * name: istioctl itself replaces a whole list, so a second file that names a gateway would lose its node port.
 */
export function mergeOperators(files: { name: string; text: string }[], more: object = {}): string {
  let merged: unknown = {};
  for (const { name, text } of files) merged = mergeValues(merged, readOperator(name, text));
  return stringify(mergeValues(merged, more), { lineWidth: 0 });
}

function readOperator(name: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new WindtunnelError('bad-manifest', `${name} is no YAML: ${String(cause)}`, {
      cause,
      next: 'Correct it at that line; istio/install.yaml is one that is right.',
    });
  }
  if (isRecord(value) && value.kind === 'IstioOperator') return value;
  throw new WindtunnelError('bad-manifest', `${name} is no IstioOperator`, {
    next: 'It needs kind: IstioOperator, in one document, as `istioctl install -f` takes it.',
  });
}

function mergeValues(base: unknown, over: unknown): unknown {
  if (isRecord(base) && isRecord(over)) {
    const merged: Record<string, unknown> = { ...base };
    for (const [key, value] of Object.entries(over)) {
      merged[key] = key in base ? mergeValues(base[key], value) : value;
    }
    return merged;
  }
  if (Array.isArray(base) && Array.isArray(over) && areNamed(base) && areNamed(over)) {
    const rest = over.filter(({ name }) => !base.some((item) => item.name === name));
    const same = base.map((item) => {
      const other = over.find(({ name }) => name === item.name);
      return other === undefined ? item : mergeValues(item, other);
    });
    return [...same, ...rest];
  }
  return over;
}

function areNamed(list: unknown[]): list is { name: string }[] {
  return list.every((item) => isRecord(item) && asString(item.name) !== undefined);
}

/** Whether two access log formats log the same fields: JSON, whatever its spaces. */
export function sameFormat(a: string, b: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
  } catch {
    return false;
  }
}
