import { afterEach, describe, expect, test } from 'vitest';
import { WindtunnelError } from '../../errors.ts';
import { createLogBuffer } from './log-buffer.ts';
import { type FollowOptions, followLog, type LogFollower, type LogSource } from './log-follower.ts';

const at = (second: number, nano = 0): string =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.${String(nano).padStart(9, '0')}Z`;

/** A log in a variable; each stream of it breaks after the lines that its turn allows. */
function fakeLog(lines: string[], breaksAfter: number[]): { source: LogSource; asked: unknown[] } {
  const asked: unknown[] = [];
  const source: LogSource = async function* (range) {
    const most = breaksAfter[asked.length] ?? Number.POSITIVE_INFINITY;
    asked.push(range);
    // As Kubernetes does: from the beginning of that second on.
    const since = range.sinceTime?.slice(0, 19) ?? '';
    const wanted = lines.filter((line) => line.slice(0, 19) >= since);
    const tail = range.tailLines === undefined ? wanted : wanted.slice(-range.tailLines);
    for (const line of tail.slice(0, most)) yield line;
    if (most < tail.length) throw new Error('the connection broke');
  };
  return { source, asked };
}

describe('following a log', () => {
  const followers: LogFollower[] = [];
  afterEach(() => followers.splice(0).forEach((follower) => follower.close()));

  const follow = async (
    source: LogSource,
    lastTime: string,
    more: Partial<FollowOptions> = {},
  ): Promise<string[]> => {
    const got: string[] = [];
    const follower = followLog({
      source,
      onLine: (line) => got.push(line),
      onLost: () => {},
      goesOn: async () => true,
      retryMs: 1,
      ...more,
    });
    followers.push(follower);
    expect(await follower.reached(lastTime, 2000)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return got;
  };

  test('a stream that breaks anywhere loses nothing and repeats nothing', async () => {
    const lines = [
      `${at(1, 1)} a`,
      `${at(1, 2)} b`,
      `${at(1, 2)} c`,
      `${at(1, 2)} d`,
      `${at(2, 5)} e`,
      `${at(2, 5)} f`,
      `${at(3)} g`,
    ];
    for (let first = 0; first <= lines.length; first++) {
      for (let second = 0; second <= lines.length; second++) {
        const { source } = fakeLog(lines, [first, second]);
        const got = await follow(source, at(3));
        expect(got.join(''), `${first}, ${second}`).toBe('abcdefg');
        followers.pop()?.close();
      }
    }
  });

  test('it goes on where it was, and begins with the last lines only', async () => {
    const { source, asked } = fakeLog([`${at(1)} a`, `${at(2)} b`, `${at(3)} c`], [1]);
    expect(await follow(source, at(3), { tailLines: 2 })).toEqual(['b', 'c']);
    expect(asked.slice(0, 2)).toEqual([{ tailLines: 2 }, { sinceTime: at(2) }]);
  });

  test('a clock that jumps back hides no line of one stream', async () => {
    const { source } = fakeLog([`${at(5)} a`, `${at(2)} b`, `${at(9)} c`], []);
    expect(await follow(source, at(9))).toEqual(['a', 'b', 'c']);
  });

  test('it ends when the container has ended', async () => {
    const { source, asked } = fakeLog([`${at(1)} a`], []);
    await follow(source, at(1), { goesOn: async () => false });
    expect(asked).toHaveLength(1);
  });

  test('waiting for a line that does not come ends', async () => {
    const { source } = fakeLog([`${at(1)} a`], []);
    const follower = followLog({
      source,
      onLine: () => {},
      onLost: () => {},
      goesOn: async () => false,
    });
    followers.push(follower);
    expect(await follower.reached(at(2), 20)).toBe(false);
  });
});

describe('a log that cannot be read', () => {
  const forbidden = new WindtunnelError('preflight', 'pods/log is forbidden');
  const gone = new WindtunnelError('unknown-reference', 'no such container');
  /** Answers as the list says, turn by turn, the last one for good. */
  const turns = (...answers: (string[] | Error)[]): LogSource => {
    let turn = 0;
    return async function* () {
      const answer = answers[Math.min(turn++, answers.length - 1)] ?? [];
      if (answer instanceof Error) throw answer;
      yield* answer;
    };
  };
  const start = (source: LogSource, goesOn: boolean) => {
    const lines: string[] = [];
    const lost: unknown[] = [];
    const follower = followLog({
      source,
      onLine: (line) => lines.push(line),
      onLost: (problem) => lost.push(problem),
      goesOn: async () => goesOn,
      retryMs: 1,
    });
    return { follower, lines, lost };
  };

  test('is told while it lasts, and not any more when it has been read', async () => {
    const { follower } = start(turns(forbidden), true);
    expect(await follower.reached(at(1), 20)).toBe(false);
    expect(follower.problem()).toBe(forbidden);
    follower.close();
    const mended = start(turns(forbidden, [`${at(1)} a`]), true).follower;
    expect(await mended.reached(at(1), 2000)).toBe(true);
    expect(mended.problem()).toBeUndefined();
    mended.close();
  });

  test('of a container that has ended is read once more, and lost when that fails', async () => {
    const broken = new Error('the connection broke');
    const saved = start(turns(broken, [`${at(1)} a`]), false);
    expect(await saved.follower.reached(at(1), 2000)).toBe(true);
    expect(saved.lost).toEqual([]);
    const lost = start(turns(broken, gone), false);
    expect(await lost.follower.reached(at(1), 2000)).toBe(false);
    expect(lost.lost).toEqual([broken]);
  });

  test('because it is gone after it was read to its end is no loss', async () => {
    const { follower, lines, lost } = start(turns([`${at(1)} a`], gone), false);
    expect(await follower.reached(at(9), 2000)).toBe(false);
    expect(lines).toEqual(['a']);
    expect(lost).toEqual([]);
  });
});

describe('the buffer of a log', () => {
  test('gives what came after a mark, all of it for 0, nothing for a mark beyond the end', () => {
    const buffer = createLogBuffer<string>(100);
    ['a', 'b'].forEach((line) => buffer.add(line));
    const mark = buffer.end();
    buffer.add('c');
    expect(buffer.since(mark)).toEqual({ lines: ['c'], lost: 0 });
    expect(buffer.since(0).lines).toEqual(['a', 'b', 'c']);
    expect(buffer.since(Number.MAX_SAFE_INTEGER).lines).toEqual([]);
  });

  test('drops the oldest when it is full, and says how many a mark has lost', () => {
    const buffer = createLogBuffer<number>(8);
    for (let line = 0; line < 9; line++) buffer.add(line);
    expect(buffer.since(1)).toEqual({ lines: [2, 3, 4, 5, 6, 7, 8], lost: 1 });
    expect(buffer.since(0).lost).toBe(0);
    expect(buffer.since(4)).toEqual({ lines: [4, 5, 6, 7, 8], lost: 0 });
    expect(buffer.end()).toBe(9);
  });
});
