import type { Json, JsonObject } from '../../../src/json.ts';

/** Choices that follow from a seed alone. */
export interface Random {
  /** From 0 to below 1. */
  fraction(): number;
  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** `least` to `most` distinct members, fewer when there are not so many. */
  some<T>(choices: readonly T[], least: number, most: number): T[];
  /** `least` to `most` values. */
  list<T>(least: number, most: number, make: (index: number) => T): T[];
  /** An object in which each field is there with its own probability. */
  fields(table: Record<string, readonly [probability: number, make: () => Json]>): JsonObject;
}

/** A generator of choices: mulberry32, whose every 32-bit seed gives another sequence. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (least: number, most: number): number =>
    least + Math.floor(fraction() * (most - least + 1));
  return {
    fraction,
    integer,
    chance: (probability) => fraction() < probability,
    pick: (choices) => {
      if (choices.length === 0) throw new RangeError('nothing to pick from');
      return choices[integer(0, choices.length - 1)] as (typeof choices)[number];
    },
    some: (choices, least, most) => {
      const left = [...choices];
      const taken: typeof left = [];
      for (let wanted = integer(least, most); wanted > 0 && left.length > 0; wanted -= 1) {
        taken.push(...left.splice(integer(0, left.length - 1), 1));
      }
      return taken;
    },
    list: (least, most, make) =>
      Array.from({ length: integer(least, most) }, (_, index) => make(index)),
    fields: (table) => {
      const made: JsonObject = {};
      for (const [name, [probability, make]] of Object.entries(table)) {
        if (fraction() < probability) made[name] = make();
      }
      return made;
    },
  };
}
