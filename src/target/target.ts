import type { MeshControl } from '../mesh/control/control.ts';

/**
 * Where an experiment runs. The local mesh is one; a cluster is another (issue "The cluster").
 * It is the part of {@link MeshControl} that both can offer: an experiment is written once and runs in both.
 */
export type Target = Pick<
  MeshControl,
  'apply' | 'renew' | 'revert' | 'entry' | 'counters' | 'accessLog' | 'kill'
> & {
  /** As `--target` names it. */
  readonly name: 'local' | 'kind' | 'current';
};
