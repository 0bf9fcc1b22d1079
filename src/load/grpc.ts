import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Exchange, Sender } from './exchange.ts';
import { canceled, grpcOutcome, type Outcome, timedOut } from './outcome.ts';

/** A unary gRPC call and where it goes. */
export interface GrpcOptions {
  address: string;
  port: number;
  /** Value of `:authority`: what the caller would have dialled, e.g. `inventory:50051`. */
  authority: string;
  /** Full path, e.g. `/shop.inventory.v1.Inventory/Reserve`. */
  path: string;
  /** The request message, encoded: every call sends the same bytes. */
  message: Uint8Array;
  /** The generator's own bound on one call, far above what is measured. @default 10000 */
  timeoutMs?: number;
  /** The clock of the schedule. @default performance.now */
  nowMs?: () => number;
}

/**
 * Makes unary gRPC calls over one HTTP/2 connection. grpc-js would retry by itself (transparent retries, and a service
 * config from the resolver): both are off, so that every attempt behind one call is the mesh's.
 */
export function createGrpcSender(options: GrpcOptions): Sender {
  const { path, timeoutMs = 10_000 } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const message = asBuffer(options.message);
  const client = new Client(`${options.address}:${options.port}`, credentials.createInsecure(), {
    'grpc.default_authority': options.authority,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    // Shared channels would let another sender's connection carry this one's calls.
    'grpc.use_local_subchannel_pool': 1,
  });
  const calls = new Set<{ cancel(): void }>();
  let closed = false;

  const send = (requestId: string): Promise<Exchange> =>
    new Promise((resolve) => {
      const metadata = new Metadata();
      metadata.set('x-request-id', requestId);
      let late = false;
      let firstByteMs: number | null = null;
      const sentMs = nowMs();
      const end = (outcome: Outcome): void => {
        const doneMs = nowMs();
        calls.delete(call);
        clearTimeout(timer);
        // An answer of trailers only has no head of its own: its first byte is its last.
        resolve({ outcome, sentMs, firstByteMs: firstByteMs ?? doneMs, doneMs });
      };
      const call = client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        message,
        metadata,
        (error) => {
          if (error === null) return end(grpcOutcome(0));
          if (late) return end(timedOut);
          return end(closed ? canceled : grpcOutcome(error.code));
        },
      );
      calls.add(call);
      // Not a gRPC deadline: that would travel as grpc-timeout and become part of what is measured.
      const timer = setTimeout(() => {
        late = true;
        call.cancel();
      }, timeoutMs);
      call.on('metadata', () => {
        firstByteMs = nowMs();
      });
    });

  return {
    send,
    async close() {
      closed = true;
      for (const call of calls) call.cancel();
      client.close();
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
