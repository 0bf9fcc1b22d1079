import { WindtunnelError } from '../errors.ts';
import type { Entry, Target } from '../target/target.ts';
import { INGRESS } from '../topology/model.ts';

/**
 * Where a call of `caller` to `authority` enters the mesh: the caller's own sidecar; for the ingress gateway its own port, as
 * callers outside the mesh have no sidecar. Throws `unknown-reference` when no Gateway lets any in.
 */
export async function entryOf(
  target: Pick<Target, 'entry' | 'ingress'>,
  caller: string,
  authority: string,
): Promise<Entry> {
  if (caller !== INGRESS) return target.entry(caller, authority);
  const gateway = await target.ingress();
  if (gateway !== null) return { ...gateway, authority };
  throw new WindtunnelError('unknown-reference', 'no Gateway lets calls in from outside', {
    next: 'Apply a Gateway whose selector fits an ingress gateway that runs, or call from within: windtunnel call … --from WORKLOAD',
  });
}
