import type { Duplex } from 'node:stream';

/** What became of a plaintext request from outside the mesh. */
export interface PlainAnswer {
  /** Whether there was a connection at all: without one, nothing was refused by whom it was for. */
  connected: boolean;
  /** The first bytes that came back; empty when the connection was closed without any. */
  answer: string;
  /** Why the connection ended, where it did so with an error. */
  problem: string | undefined;
}

const timeoutMs = 5000;
const maxAnswer = 200;

/**
 * Sends a plaintext HTTP request over a connection that is being opened (it emits `connect`), and tells what came back
 * until its end, or for 5 s. A sidecar that wants mutual TLS closes it without a word.
 */
export function askPlainly(connection: Duplex, authority: string): Promise<PlainAnswer> {
  return new Promise((resolve) => {
    const result: PlainAnswer = { connected: false, answer: '', problem: undefined };
    const end = (): void => {
      clearTimeout(timer);
      resolve(result);
      connection.destroy();
    };
    const timer = setTimeout(() => {
      result.problem = `no answer within ${timeoutMs} ms`;
      end();
    }, timeoutMs);
    connection.once('connect', () => {
      result.connected = true;
      connection.write(`GET / HTTP/1.1\r\nhost: ${authority}\r\nconnection: close\r\n\r\n`);
    });
    connection.on('data', (chunk: Buffer) => {
      result.answer = (result.answer + chunk.toString('latin1')).slice(0, maxAnswer);
    });
    connection.on('error', (error: Error) => {
      result.problem = error.message;
    });
    connection.on('end', end);
    connection.on('close', end);
  });
}
