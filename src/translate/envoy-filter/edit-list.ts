import type { JsonObject } from '../../json.ts';
import type { Operation } from './patches.ts';

/**
 * Applies an operation that adds to, or takes from, a list of filters. `matches` is undefined when the patch names no
 * member: then "before" is the beginning, "after" the end, and REPLACE and REMOVE do nothing.
 */
export function editList(
  list: JsonObject[],
  operation: Operation,
  value: JsonObject,
  matches: ((member: JsonObject) => boolean) | undefined,
): JsonObject[] {
  const position = matches === undefined ? -1 : list.findIndex(matches);
  const isFound = position >= 0;
  switch (operation) {
    case 'ADD':
      return [...list, value];
    case 'INSERT_FIRST':
      return [value, ...list];
    case 'INSERT_BEFORE':
      if (matches === undefined) return [value, ...list];
      return isFound ? list.toSpliced(position, 0, value) : list;
    case 'INSERT_AFTER':
      if (matches === undefined) return [...list, value];
      return isFound ? list.toSpliced(position + 1, 0, value) : list;
    case 'REPLACE':
      return isFound ? list.with(position, value) : list;
    case 'REMOVE':
      return matches === undefined ? list : list.filter((member) => !matches(member));
    default:
      // Merging changes members, not the list.
      return list;
  }
}
