/**
 * Cuts a stream of bytes into lines, however they are split or joined on the way. A line of more than `maxBytes` is
 * dropped, and `onTooLong` called once for it.
 */
export function createLineReader(
  onLine: (line: string) => void,
  maxBytes: number,
  onTooLong: () => void,
): (chunk: Uint8Array) => void {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let dropping = false;
  const take = (part: Uint8Array): void => {
    if (dropping) return;
    bytes += part.length;
    if (bytes <= maxBytes) return void parts.push(part);
    dropping = true;
    parts = [];
    onTooLong();
  };
  const end = (): void => {
    const line = dropping ? '' : Buffer.concat(parts).toString('utf8').trim();
    parts = [];
    bytes = 0;
    dropping = false;
    if (line !== '') onLine(line);
  };
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, at));
      end();
      from = at + 1;
    }
    take(chunk.subarray(from));
  };
}
