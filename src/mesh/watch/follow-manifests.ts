import { WindtunnelError } from '../../errors.ts';
import { loadResources } from '../../manifests/load.ts';
import type { Runtime } from '../runtime/options.ts';
import { type ManifestWatcher, watchManifests } from './watch.ts';

/** What {@link followManifests} needs. */
export interface FollowOptions {
  manifests: string[];
  runtime: Runtime;
  /** A line for the user. */
  note(text: string): void;
  /** The error that keeps the last edit out of force; null: it is in force. */
  configError(message: string | null): void;
}

/** Puts every edit of the manifests into force. An edit that is wrong is reported, and what was in force stays. */
export function followManifests(options: FollowOptions): Promise<ManifestWatcher> {
  const { manifests, runtime, note, configError } = options;
  const reload = async (): Promise<void> => {
    try {
      const base = await loadResources(manifests);
      const { changed, enforcedMs, proxies } = await runtime.change((layers) => ({
        ...layers,
        base,
      }));
      configError(null);
      if (changed.length === 0) return;
      note(`  ✓ ${changed.join(', ')} (${enforcedMs.toFixed(0)} ms, ${proxies} sidecars)`);
    } catch (thrown) {
      const { message } = WindtunnelError.from(thrown);
      configError(message);
      note(`  ✗ the edit is not in force, the old configuration stays: ${message}`);
    }
  };
  return watchManifests(manifests, () => void reload());
}
