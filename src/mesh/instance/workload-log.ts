import { readAccessLog } from './access-log.ts';
import type { AccessLogEntry } from '../../target/access-log.ts';

/** Lines and the mark for the next call. */
interface Read {
  entries: AccessLogEntry[];
  mark: number;
}

/** A piece of one replica's file, and where it begins in the sequence of its workload. */
interface Segment {
  file: string;
  from: number;
  to: number;
  start: number;
}

/** The access logs of workloads, each the files of its replicas as one sequence that only grows. */
export interface WorkloadLogs {
  /**
   * What the proxies of `workload` wrote since `mark` (0: all; beyond the end: none). `files` are those of its replicas of
   * now; those of earlier ones stay part of the sequence. A mark is a position in the order in which lines were found.
   */
  read(workload: string, files: string[], mark: number): Promise<Read>;
}

interface Sequence {
  /** File → bytes that are part of the sequence. */
  offsets: Map<string, number>;
  segments: Segment[];
  end: number;
  /** Ends when the read before has: two at once would take in the same lines twice. */
  turn: Promise<unknown>;
}

/** Makes {@link WorkloadLogs}; memory grows by some bytes a read, never with the lines. */
export function createWorkloadLogs(): WorkloadLogs {
  const sequences = new Map<string, Sequence>();
  return {
    read: (workload, files, mark) => {
      const sequence = sequences.get(workload) ?? {
        offsets: new Map<string, number>(),
        segments: [],
        end: 0,
        turn: Promise.resolve(),
      };
      sequences.set(workload, sequence);
      const turn = sequence.turn.then(async () => {
        await takeIn(sequence, files);
        return readSince(sequence, mark);
      });
      sequence.turn = turn.catch(() => {});
      return turn;
    },
  };
}

/** Takes in what has been written since the last time, one segment a file. */
async function takeIn(sequence: Sequence, files: string[]): Promise<void> {
  for (const file of files) {
    if (!sequence.offsets.has(file)) sequence.offsets.set(file, 0);
  }
  for (const [file, from] of sequence.offsets) {
    const { mark: to } = await readAccessLog(file, from);
    if (to <= from) continue;
    sequence.segments.push({ file, from, to, start: sequence.end });
    sequence.offsets.set(file, to);
    sequence.end += to - from;
  }
}

async function readSince(sequence: Sequence, mark: number): Promise<Read> {
  const entries: AccessLogEntry[] = [];
  for (const { file, from, to, start } of sequence.segments) {
    if (start + (to - from) <= mark) continue;
    const read = await readAccessLog(file, from + Math.max(0, mark - start), to);
    entries.push(...read.entries);
  }
  return { entries, mark: sequence.end };
}
