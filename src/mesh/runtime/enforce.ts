import { WindtunnelError } from '../../errors.ts';
import type { AdsServer } from '../xds/ads-server.ts';
import { discoveryTypes, type EncodedConfig } from '../xds/resources.ts';
import type { Configuration } from './configurator.ts';

/** How long a proxy may take to acknowledge one step of a change. */
export const acknowledgeTimeoutMs = 15_000;

/**
 * Sends every connected proxy whose configuration differs its new one and resolves, when all acknowledged, to how many
 * there were. When one refuses, all get their old one back and its refusal is thrown.
 */
export async function enforce(
  ads: AdsServer,
  current: Configuration,
  next: Configuration,
): Promise<number> {
  const connected = [...next].filter(([id]) => ads.isConnected(id));
  const changed = connected.filter(([id, config]) => !same(config, current.get(id)));
  const results = await Promise.allSettled(
    changed.map(([id, config]) => ads.update(id, config, acknowledgeTimeoutMs)),
  );
  const refusal = results.find((result) => result.status === 'rejected');
  if (refusal) {
    await Promise.allSettled(
      changed.map(async ([id]) => {
        const before = current.get(id);
        if (before) await ads.update(id, before, acknowledgeTimeoutMs);
      }),
    );
    throw WindtunnelError.from(refusal.reason);
  }
  for (const [id, config] of next) {
    if (!connected.some(([known]) => known === id)) ads.prepare(id, config);
  }
  return changed.length;
}

function same(a: EncodedConfig, b: EncodedConfig | undefined): boolean {
  return (
    b !== undefined &&
    discoveryTypes.every(
      (type) =>
        a[type].size === b[type].size &&
        [...a[type]].every(([name, { hash }]) => b[type].get(name)?.hash === hash),
    )
  );
}
