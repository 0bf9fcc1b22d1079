import type { Json, JsonObject } from '../../../src/json.ts';

/**
 * Takes out of documents whatever is not needed for `fails` to hold: whole documents first, then fields and list
 * members, the outermost first, in rounds until a round takes out nothing.
 *
 * @param checks how often `fails` may be called
 */
export async function shrink(
  documents: JsonObject[],
  fails: (documents: JsonObject[]) => Promise<boolean>,
  checks: number,
): Promise<JsonObject[]> {
  let left = checks;
  let smallest: Json = documents;
  for (let isSmaller = true; isSmaller && left > 0; ) {
    isSmaller = false;
    // Paths of what is gone with its parent, or has moved up in its list, are skipped until the next round.
    for (const path of removablePaths(smallest)) {
      if (left === 0) break;
      const candidate = without(smallest, path);
      if (candidate === undefined) continue;
      left -= 1;
      if (!(await fails(candidate as JsonObject[]))) continue;
      smallest = candidate;
      isSmaller = true;
    }
  }
  return smallest as JsonObject[];
}

type Path = (string | number)[];

/** Every document, then every field and member within, from the last to the first, so that removals do not move the rest. */
function removablePaths(documents: Json): Path[] {
  const paths = pathsOf(documents, []).filter(
    (path) => !isFixed(path) && path[path.length - 1] !== undefined,
  );
  return paths.toReversed().sort((a, b) => a.length - b.length);
}

function pathsOf(value: Json, prefix: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, child]) => {
    const path = [...prefix, key];
    return [path, ...pathsOf(child, path)];
  });
}

/** What makes a document what it is. */
function isFixed(path: Path): boolean {
  return (
    path.length > 1 &&
    ['apiVersion', 'kind', 'metadata'].includes(String(path[1])) &&
    !(path[2] === 'annotations' || (path[2] === 'labels' && path.length > 3))
  );
}

/** A copy without what is at the path; undefined when nothing is there. */
function without(value: Json, [key, ...rest]: Path): Json | undefined {
  if (key === undefined || typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const index = Number(key);
    if (index >= value.length) return undefined;
    if (rest.length === 0) return value.filter((_, position) => position !== index);
    const child = without(value[index] as Json, rest);
    return child === undefined ? undefined : value.with(index, child);
  }
  if (!Object.hasOwn(value, key)) return undefined;
  const { [key]: old, ...others } = value;
  if (rest.length === 0) return others;
  const child = without(old as Json, rest);
  return child === undefined ? undefined : { ...value, [key]: child };
}
