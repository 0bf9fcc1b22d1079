import { WindtunnelError } from '../../errors.ts';
import { nameOf } from '../../manifests/problems.ts';
import type { ChangeReport } from '../../target/target.ts';
import { type ApplyAction, applyObject } from '../apply/apply-object.ts';
import type { Checked } from '../apply/check-live.ts';
import { kubeError, statusOf } from '../kube/errors.ts';
import type { KubeObject, Objects } from '../kube/objects.ts';
import type { Recorded } from './record-undo.ts';
import { findLease } from './revert.ts';
import type { Expected } from './settle.ts';
import { sameSpec, sameState } from './undo.ts';

/** What was laid over the cluster, and what istiod must have read. */
export interface Overlaid extends Required<Pick<ChangeReport, 'changed' | 'actions'>> {
  expected: Expected[];
}

const tries = 6;

/**
 * Applies what was checked and written down, each object in place of the one that stood. Throws `timeout` when the lease
 * ran out meanwhile: a process that was stopped for long must not leave a change that nobody undoes.
 */
export async function overlay(
  objects: Objects,
  checked: readonly Checked[],
  recorded: readonly Recorded[],
): Promise<Overlaid> {
  const done: Overlaid = { changed: [], actions: {}, expected: [] };
  for (const one of checked) {
    await checkLeases(objects, recorded);
    const name = nameOf(one.resource);
    const { action, applied } = await applyOver(objects, one).catch((thrown: unknown) => {
      throw kubeError(thrown, `${name} cannot be applied`);
    });
    done.actions[name] = action;
    if (action !== 'unchanged') done.changed.push(name);
    if (matters(one.live, applied)) {
      done.expected.push({ ref: applied, resourceVersion: applied.metadata.resourceVersion });
    }
  }
  await checkLeases(objects, recorded);
  return done;
}

/** Whether istiod has something to tell: it leaves out a change of mere labels, and reads Istio's own kinds here. */
function matters(live: KubeObject | undefined, applied: KubeObject): boolean {
  return applied.apiVersion.includes('istio.io') && (!live || !sameSpec(live, applied));
}

async function applyOver(
  objects: Objects,
  { resource, body, live }: Checked,
): Promise<{ action: ApplyAction; applied: KubeObject }> {
  let known = live;
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyObject(objects, body, known, 'all');
    } catch (thrown) {
      if (statusOf(thrown) !== 409 || attempt === tries) throw thrown;
      // A controller that wrote its status is no trouble; a change of what was written down as the state before is.
      const now = await objects.read(body);
      if (known === undefined || now === undefined || !sameState(known, now)) {
        throw new WindtunnelError(
          'not-ours',
          `${nameOf(resource)} is changed by someone else at this moment`,
          {
            cause: thrown,
            next: 'Try again when it is left alone.',
          },
        );
      }
      known = now;
    }
  }
}

async function checkLeases(objects: Objects, recorded: readonly Recorded[]): Promise<void> {
  for (const { lease } of recorded) {
    const { owner, namespace, uid } = lease;
    const now = await findLease(objects, owner, namespace);
    if (now?.uid === uid && now.state === 'held') continue;
    throw new WindtunnelError('timeout', `the lease of ${owner} ran out before all was applied`, {
      next: 'The machine was busy or stopped for too long: run it again.',
    });
  }
}
