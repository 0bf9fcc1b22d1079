import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { duration } from '../values/duration.ts';
import { object } from '../values/json.ts';

/** Envoy's own default when hashing by ring. */
const defaultRingSize = '1024';

/**
 * `loadBalancer` of a traffic policy as a cluster's `lbPolicy` and its settings. Istio's default is LEAST_REQUEST;
 * ROUND_ROBIN is Envoy's and so left out. PASSTHROUGH sends to the address that was dialled.
 */
export function loadBalancer(settings: unknown): Record<string, Json> {
  const given = asRecord(settings);
  if (given.consistentHash !== undefined) {
    const start = slowStart(given);
    const hashing = consistentHash(asRecord(given.consistentHash));
    const hasSettings = 'ringHashLbConfig' in hashing || 'maglevLbConfig' in hashing;
    if (start === undefined || hasSettings) return hashing;
    // Istio begins with the default balancer, whose warm-up stays unless the ring has settings of its own.
    return { ...hashing, leastRequestLbConfig: { slowStartConfig: start } };
  }
  switch (asString(given.simple)) {
    case 'ROUND_ROBIN': {
      const start = slowStart(given);
      return start === undefined ? {} : { roundRobinLbConfig: { slowStartConfig: start } };
    }
    case 'RANDOM':
      return { lbPolicy: 'RANDOM' };
    case 'PASSTHROUGH':
      return { lbPolicy: 'CLUSTER_PROVIDED' };
    default: {
      const start = slowStart(given);
      return object({
        lbPolicy: 'LEAST_REQUEST',
        leastRequestLbConfig: start === undefined ? undefined : { slowStartConfig: start },
      });
    }
  }
}

/** Whether a traffic policy asks for the address that was dialled. */
export function isPassthrough(policy: Spec | undefined): boolean {
  return asRecord(policy?.loadBalancer).simple === 'PASSTHROUGH';
}

function consistentHash(hash: Spec): Record<string, Json> {
  if (hash.maglev !== undefined) {
    const size = asNumber(asRecord(hash.maglev).tableSize) ?? 0;
    return object({
      lbPolicy: 'MAGLEV',
      maglevLbConfig: size === 0 ? undefined : { tableSize: String(size) },
    });
  }
  if (hash.ringHash !== undefined) {
    const size = asNumber(asRecord(hash.ringHash).minimumRingSize) ?? 0;
    return object({
      lbPolicy: 'RING_HASH',
      ringHashLbConfig: size === 0 ? undefined : { minimumRingSize: String(size) },
    });
  }
  const size = asNumber(hash.minimumRingSize) ?? 0;
  const minimumRingSize = size === 0 ? defaultRingSize : String(size);
  return { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize } };
}

/** `warmup` (or the older `warmupDurationSecs`): new hosts get their share of traffic little by little. */
function slowStart(settings: Spec): JsonObject | undefined {
  if (settings.warmup === undefined) {
    const slowStartWindow = duration(settings.warmupDurationSecs);
    return slowStartWindow === undefined ? undefined : { slowStartWindow };
  }
  const warmup = asRecord(settings.warmup);
  return object({
    slowStartWindow: duration(warmup.duration),
    // The runtime key is Istio's; Envoy needs one that nobody sets.
    aggression: { defaultValue: asNumber(warmup.aggression) ?? 1, runtimeKey: '(' },
    // Zero is protojson's default value, and so left out.
    minWeightPercent: object({ value: (asNumber(warmup.minimumPercent) ?? 10) || undefined }),
  });
}
