import { compareText } from '../../../src/compare-text.ts';
import { WindtunnelError } from '../../../src/errors.ts';
import { isObject, type Json } from '../../../src/json.ts';
import { checkSupported } from '../../../src/translate/check-supported.ts';
import type { EnvoyConfig } from '../../../src/translate/envoy.ts';
import type { OracleCase } from '../case.ts';
import { type Difference, diffConfigs, formatDifferences } from '../diff.ts';
import { istios, loadCase, ours } from '../evaluate.ts';

/** How our translation of a world stands to Istio's. */
export type Outcome =
  | { type: 'equal' }
  /** Both say that the manifests are wrong. */
  | { type: 'both-refuse'; reason: string }
  /** We say that something is not translated: Istio was not asked. */
  | { type: 'unsupported'; reason: string }
  | { type: 'different'; kind: DifferenceKind; report: string };

/** What differs: the configurations, or who refuses the manifests; `we-fail` is a fault of ours. */
export type DifferenceKind = 'configuration' | 'we-refuse' | 'istio-refuses' | 'we-fail';

/** What an oracle answers for a case; throws `rejected` with its reason. */
export type AskIstio = (one: OracleCase) => Promise<EnvoyConfig>;

/** Asks the program at this path; see {@link findOracle}. */
export function askIstio(oracle: string): AskIstio {
  return async (one) => orderChains(await istios(oracle, one, loadCase(one)));
}

/**
 * Envoy chooses a filter chain by what it matches, whatever the order; Istio writes those of ports with a mode of their own
 * in the random order of a Go map.
 */
function orderChains(config: EnvoyConfig): EnvoyConfig {
  const listeners = config.listeners.map((listener) => {
    const chains = listener.filterChains;
    if (!Array.isArray(chains)) return listener;
    const byMatch = chains.toSorted((a, b) => compareText(chainKey(a), chainKey(b)));
    return { ...listener, filterChains: byMatch };
  });
  return { ...config, listeners };
}

function chainKey(chain: Json): string {
  const { name, filterChainMatch } = isObject(chain) ? chain : {};
  const fields = isObject(filterChainMatch) ? Object.entries(filterChainMatch) : [];
  return JSON.stringify([name, fields.toSorted(([a], [b]) => compareText(a, b))]);
}

/** Translates a case on both sides and compares. */
export async function compare(ask: AskIstio, one: OracleCase): Promise<Outcome> {
  const translated = translate(one);
  if ('outcome' in translated) return translated.outcome;
  let istio: EnvoyConfig;
  try {
    istio = await ask(one);
  } catch (thrown) {
    const reason = WindtunnelError.from(thrown).message;
    return 'refusal' in translated
      ? { type: 'both-refuse', reason: translated.refusal }
      : { type: 'different', kind: 'istio-refuses', report: reason };
  }
  if ('refusal' in translated) {
    return { type: 'different', kind: 'we-refuse', report: translated.refusal };
  }
  const differences = diffConfigs(istio, translated.config);
  if (differences.length === 0) return { type: 'equal' };
  const changes = await changesOfIstio(ask, one, istio);
  const report = [
    formatDifferences(differences, 4),
    ...(changes.length > 0
      ? [`  Asked again, Istio answers otherwise:\n${formatDifferences(changes, 2)}`]
      : []),
  ].join('\n');
  return { type: 'different', kind: 'configuration', report };
}

type Translated = { config: EnvoyConfig } | { refusal: string } | { outcome: Outcome };

function translate(one: OracleCase): Translated {
  try {
    const loaded = loadCase(one);
    checkSupported(loaded.world);
    return { config: orderChains(ours(one, loaded)) };
  } catch (thrown) {
    const { code, message } = WindtunnelError.from(thrown);
    if (code === 'bad-manifest') return { refusal: message };
    return {
      outcome:
        code === 'unsupported'
          ? { type: 'unsupported', reason: message }
          : { type: 'different', kind: 'we-fail', report: stackOf(thrown) },
    };
  }
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** How Istio differs from itself: parts of its output follow the random order of Go's maps. */
async function changesOfIstio(
  ask: AskIstio,
  one: OracleCase,
  first: EnvoyConfig,
): Promise<Difference[]> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const changes = diffConfigs(first, await ask(one));
    if (changes.length > 0) return changes;
  }
  return [];
}
