import type { Json } from '../../src/json.ts';
import type { EnvoyConfig } from '../../src/translate/envoy.ts';

/** One place where two configurations differ. */
export interface Difference {
  /** E.g. `clusters[outbound|8080||users.shop.svc.cluster.local].circuitBreakers.thresholds[0].maxRetries`. */
  path: string;
  /** What Istio has; undefined: nothing. */
  istio: Json | undefined;
  ours: Json | undefined;
}

/** Compares two normalised configurations; resources are paired by name, list members by position. */
export function diffConfigs(istio: EnvoyConfig, ours: EnvoyConfig): Difference[] {
  const differences: Difference[] = [];
  for (const section of ['listeners', 'clusters', 'routes', 'endpoints'] as const) {
    const left = byName(istio[section]);
    const right = byName(ours[section]);
    for (const name of new Set([...left.keys(), ...right.keys()])) {
      diffValues(left.get(name), right.get(name), `${section}[${name}]`, differences);
    }
  }
  return differences;
}

/** Renders differences for a test report, at most `limit` of them. */
export function formatDifferences(differences: Difference[], limit = 20): string {
  const shown = differences
    .slice(0, limit)
    .map(
      ({ path, istio, ours }) => `  ${path}\n    istio: ${brief(istio)}\n    ours:  ${brief(ours)}`,
    );
  const rest = differences.length - shown.length;
  return [...shown, ...(rest > 0 ? [`  … and ${rest} more`] : [])].join('\n');
}

function byName(resources: Json[]): Map<string, Json> {
  const named = new Map<string, Json>();
  for (const resource of resources) {
    const key = label(resource) ?? '';
    // A name that comes twice is a fault of its own, so it must not vanish in the map.
    named.set(named.has(key) ? `${key} (again)` : key, resource);
  }
  return named;
}

function diffValues(
  istio: Json | undefined,
  ours: Json | undefined,
  path: string,
  into: Difference[],
): void {
  if (Array.isArray(istio) && Array.isArray(ours)) {
    for (let i = 0; i < Math.max(istio.length, ours.length); i++) {
      const name = label(istio[i]);
      const tag = name !== undefined && name === label(ours[i]) ? `${i}:${name}` : `${i}`;
      diffValues(istio[i], ours[i], `${path}[${tag}]`, into);
    }
  } else if (isObject(istio) && isObject(ours)) {
    for (const key of new Set([...Object.keys(istio), ...Object.keys(ours)])) {
      diffValues(istio[key], ours[key], `${path}.${key}`, into);
    }
  } else if (istio !== ours) {
    into.push({ path, istio, ours });
  }
}

function label(value: Json | undefined): string | undefined {
  if (!isObject(value)) return undefined;
  const name = value.name ?? value.clusterName;
  return typeof name === 'string' ? name : undefined;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function brief(value: Json | undefined): string {
  if (value === undefined) return '(nothing)';
  const text = JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
