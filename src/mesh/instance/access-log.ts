import { open } from 'node:fs/promises';
import { type AccessLogEntry, parseAccessLogLine } from '../../target/access-log.ts';

const maxBytesARead = 256 * 1024 * 1024;

/**
 * Reads the whole lines of an access log from byte `mark` on, up to byte `to`; the new mark is where the next call goes on.
 * A mark beyond the end means the end: nothing is read, and what comes later is new.
 * A file that is not there is empty; more than 256 MB are read in several calls.
 */
export async function readAccessLog(
  file: string,
  mark: number,
  to = Number.MAX_SAFE_INTEGER,
): Promise<{ entries: AccessLogEntry[]; mark: number }> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return { entries: [], mark: 0 };
  try {
    const size = Math.min((await handle.stat()).size, to);
    const from = Math.min(mark, size);
    const length = Math.min(size - from, maxBytesARead);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, from);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    const lines = buffer.toString('utf8', 0, end).split('\n');
    const entries = lines.flatMap((line) => {
      const entry = line === '' ? undefined : parseAccessLogLine(line);
      return entry ? [entry] : [];
    });
    return { entries, mark: from + end };
  } finally {
    await handle.close();
  }
}
