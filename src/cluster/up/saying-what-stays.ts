import { WindtunnelError } from '../../errors.ts';
import type { UpOptions } from './up-kind.ts';

/** Does the part of an `up` that changes a cluster; when it ends half-way, says what stays. Ctrl-C is `start-failed`. */
export async function sayingWhatStays<T>(
  whatStays: string,
  { progress, signal }: Pick<UpOptions, 'progress' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    progress.note(`  ${whatStays}`);
    if (!signal.aborted) throw thrown;
    throw new WindtunnelError('start-failed', 'interrupted', {
      next: 'Run the command again: it goes on from here.',
    });
  }
}
