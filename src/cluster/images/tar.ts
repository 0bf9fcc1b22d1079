import { WindtunnelError } from '../../errors.ts';

/** One file of a tar archive. */
export interface TarFile {
  /** Relative, with `/`. */
  path: string;
  content: Uint8Array;
}

const blockBytes = 512;

/**
 * A tar archive (POSIX ustar) of files that belong to root, may be read by all and have no time: the same files give the same
 * bytes on every machine, whatever its clock, users and umask.
 */
export function tarOf(files: readonly TarFile[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { path, content } of files) {
    parts.push(header(path, content.length), content, padding(content.length));
  }
  // Two empty blocks end an archive.
  parts.push(new Uint8Array(2 * blockBytes));
  return Buffer.concat(parts);
}

function padding(bytes: number): Uint8Array {
  return new Uint8Array((blockBytes - (bytes % blockBytes)) % blockBytes);
}

/** Offsets and lengths of the fields as POSIX.1-1988 (ustar) has them. */
function header(path: string, bytes: number): Uint8Array {
  const block = Buffer.alloc(blockBytes);
  const { name, prefix } = splitPath(path);
  const octal = (value: number, offset: number, length: number): void =>
    void block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'ascii');
  block.write(name, 0, 'utf8');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(0, 136, 12);
  block.write('        0', 148, 'ascii');
  block.write('ustar\x0000', 257, 'ascii');
  block.write(prefix, 345, 'utf8');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
}

/** A name has room for 100 bytes, the folders before it for 155. */
function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix };
  }
  throw new WindtunnelError('unsupported', `the path is too long for an image: ${path}`);
}
