import type { MeshControl } from '../mesh/control/control.ts';
import type { Target } from './target.ts';

/** The local mesh as the place where an experiment runs. */
export function localTarget(control: MeshControl): Target {
  const { apply, renew, revert, entry, counters, accessLog, kill } = control;
  return { name: 'local', apply, renew, revert, entry, counters, accessLog, kill };
}
