/**
 * Why a container that waits will not start unless someone mends it: its `image` cannot be had, it cannot be made or run as its
 * pod says (`start`), or it ends again and again (`crash`).
 */
export type Stuck = 'image' | 'start' | 'crash';

/** The kubelet's reasons. */
const stuckReasons: ReadonlyMap<string, Stuck> = new Map([
  // An image that the node lacks stays lacking, however often the kubelet looks.
  ['ErrImageNeverPull', 'image'],
  ['ErrImagePull', 'image'],
  ['ImagePullBackOff', 'image'],
  ['InvalidImageName', 'image'],
  ['RegistryUnavailable', 'image'],
  ['CreateContainerConfigError', 'start'],
  ['CreateContainerError', 'start'],
  ['RunContainerError', 'start'],
  ['CrashLoopBackOff', 'crash'],
]);

/** Judges the reason of a container's `waiting` state; undefined: none, or one that passes by itself. */
export function stuckBy(reason: string | undefined): Stuck | undefined {
  return stuckReasons.get(reason ?? '');
}
