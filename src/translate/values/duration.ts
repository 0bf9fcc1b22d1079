const nanosPerUnit: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const term = /(\d+)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/y;

/** Nanoseconds of a duration as Istio's manifests write it (`1.5s`, `1h30m`, `250ms`); undefined when it is none. */
export function parseDurationNanos(text: string): bigint | undefined {
  if (text === '0') return 0n;
  const negative = text.startsWith('-');
  term.lastIndex = negative ? 1 : 0;
  let total = 0n;
  let end = term.lastIndex;
  for (let match = term.exec(text); match !== null; match = term.exec(text)) {
    const [, whole = '0', fraction = '', unit = 's'] = match;
    const nanos = nanosPerUnit[unit] ?? 0n;
    total += BigInt(whole) * nanos;
    if (fraction !== '') total += (BigInt(fraction) * nanos) / 10n ** BigInt(fraction.length);
    end = term.lastIndex;
  }
  if (end !== text.length || end === 0) return undefined;
  return negative ? -total : total;
}

/**
 * The duration in protojson: seconds with 0, 3, 6 or 9 decimals, e.g. `250ms` → `0.250s`.
 * Undefined when the value is absent or no duration (which checkSupported reports).
 */
export function duration(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const nanos = parseDurationNanos(value);
  return nanos === undefined ? undefined : formatNanos(nanos);
}

function formatNanos(nanos: bigint): string {
  const absolute = nanos < 0n ? -nanos : nanos;
  const seconds = absolute / 1_000_000_000n;
  const rest = String(absolute % 1_000_000_000n).padStart(9, '0');
  const digits = rest.endsWith('000000') ? 3 : rest.endsWith('000') ? 6 : 9;
  const fraction = /^0+$/.test(rest) ? '' : `.${rest.slice(0, digits)}`;
  return `${nanos < 0n ? '-' : ''}${seconds}${fraction}s`;
}

/** Whole seconds of a duration, rounded towards zero; undefined when it is none. */
export function durationSeconds(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const nanos = parseDurationNanos(value);
  return nanos === undefined ? undefined : String(nanos / 1_000_000_000n);
}
