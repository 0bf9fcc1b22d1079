import type { ObjectRef } from '../kube/objects.ts';

/** One look at what an istiod knows and has sent. */
export interface IstiodLook {
  /** `KIND NAMESPACE/NAME` → resourceVersion of the configuration that it has read. */
  configs: ReadonlyMap<string, string>;
  /** How often it has begun to tell proxies of a change (`pilot_debounce_time_count`). */
  pushes: number;
  /** How often an Envoy has refused what it was sent (`pilot_total_xds_rejects`). */
  rejects: number;
  /** Proxy → type of configuration → what was sent last, and what it acknowledged last. */
  proxies: ReadonlyMap<string, ReadonlyMap<string, { sent: string; acked: string }>>;
}

/** A change that istiod must have read: the version of an object of Istio's, or that it is gone. */
export interface Expected {
  ref: ObjectRef;
  resourceVersion: string | undefined;
}

/** What {@link judge} remembers between two looks at one istiod. */
export interface Watching {
  /** The look before anything was changed. */
  before: IstiodLook;
  /** When it was first seen to have read all changes, and its pushes then. */
  read: { atMs: number; pushes: number } | undefined;
  /** When the number of its pushes changed last. */
  last: { atMs: number; pushes: number };
}

/** What one look tells. */
export type Judgement =
  | { type: 'waiting'; for: string }
  | { type: 'refused'; proxies: string[] }
  | { type: 'settled'; proxies: number };

/**
 * How long nothing may be pushed before istiod counts as having pushed all it has read: it gathers changes until none has
 * come for 100 ms (PILOT_DEBOUNCE_AFTER); the rest is for it to make the configuration.
 */
export const quietMs = 300;

/** How an object is named in {@link IstiodLook.configs}. */
function configKey({ kind, metadata }: ObjectRef): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Begins to watch, with the look before anything was changed. */
export function startWatching(before: IstiodLook, nowMs: number): Watching {
  return { before, read: undefined, last: { atMs: nowMs, pushes: before.pushes } };
}

/**
 * Whether every proxy that an istiod tells of configuration has what was changed; updates `watching`.
 *
 * Istio has no answer to "is this object in force" (the status field and config_distribution are gone), and a proxy that
 * a change doesn't concern is sent nothing. So three things are asked: istiod has read each object in its new version; it
 * has pushed since, and nothing is left to push: either two pushes have begun after it had read them (they follow each
 * other, so the second began after), or none has for {@link quietMs}; every proxy has acknowledged the last it was sent.
 */
export function judge(
  watching: Watching,
  look: IstiodLook,
  expected: readonly Expected[],
  nowMs: number,
): Judgement {
  const { before } = watching;
  if (look.pushes !== watching.last.pushes) watching.last = { atMs: nowMs, pushes: look.pushes };
  const unread = expected.filter(
    ({ ref, resourceVersion }) => look.configs.get(configKey(ref)) !== resourceVersion,
  );
  if (unread.length > 0) {
    return {
      type: 'waiting',
      for: `istiod to read ${unread.map(({ ref }) => configKey(ref)).join(', ')}`,
    };
  }
  watching.read ??= { atMs: nowMs, pushes: look.pushes };
  if (look.pushes === before.pushes) return { type: 'waiting', for: 'istiod to push' };
  const quietSinceMs = Math.max(watching.read.atMs, watching.last.atMs);
  if (look.pushes - watching.read.pushes < 2 && nowMs - quietSinceMs < quietMs) {
    return { type: 'waiting', for: 'istiod to push the rest' };
  }
  const behind = [...look.proxies].filter(([proxy, types]) =>
    [...types].some(([type, { sent, acked }]) => {
      // One that was behind before, and was sent nothing since, is not behind because of this change.
      const known = before.proxies.get(proxy)?.get(type)?.sent;
      return sent !== acked && sent !== known;
    }),
  );
  const names = behind.map(([proxy]) => proxy);
  if (names.length > 0 && look.rejects > before.rejects) return { type: 'refused', proxies: names };
  if (names.length > 0) return { type: 'waiting', for: `${names.join(', ')} to acknowledge` };
  return { type: 'settled', proxies: acknowledged(before, look) };
}

/** How many proxies have acknowledged something since. */
function acknowledged(before: IstiodLook, look: IstiodLook): number {
  return [...look.proxies].filter(([proxy, types]) =>
    [...types].some(([type, { acked }]) => acked !== before.proxies.get(proxy)?.get(type)?.acked),
  ).length;
}
