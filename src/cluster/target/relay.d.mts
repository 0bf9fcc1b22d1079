import type { Duplex, Readable, Writable } from 'node:stream';

/** Many connections over one stream of bytes. */
export interface Mux {
  /** Takes in bytes from the other side. Throws when they are no frames. */
  receive(chunk: Buffer): void;
  /** Tells the other side that this one is there; without it for 90 s the relay ends. */
  ping(): void;
  /** How many connections are open. */
  size(): number;
  /**
   * A connection that the other side dials to `HOST:PORT`. It emits `connect` when that has succeeded, and is destroyed
   * with a readable reason when it has not, or was reset. Throws when 1024 are open.
   */
  open(target: string): Duplex;
  /** Destroys all connections, with that reason. */
  fail(reason: string): void;
}

/** What a {@link Mux} needs. */
export interface MuxOptions {
  write(bytes: Buffer): unknown;
  /** Takes a connection that the other side opened; calls `opened` when it leads somewhere. */
  onOpen?(target: string, stream: Duplex, opened: () => void): void;
  onPing?(): void;
}

/** Makes a {@link Mux}: one at each end of the stream. */
export function createMux(options: MuxOptions): Mux;

/** Cuts bytes into frames: type, connection, payload. Throws for one that is longer than any side sends. */
export function createFrameReader(
  onFrame: (type: number, id: number, payload: Buffer) => void,
): (chunk: Buffer) => void;

/** The program in the pod. */
export function runRelay(input: Readable, output: Writable, firstBytes: Buffer): void;
