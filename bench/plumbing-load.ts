import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { credentials, Metadata } from '@grpc/grpc-js';
import { paymentsContract } from '../services/payments/contract.ts';

/** Keeps a server busy with a fixed number of requests at once. */
export interface Load {
  /** Makes so many requests. Rejects when an answer is not the expected one. */
  run(requests: number): Promise<void>;
  close(): void;
}

/**
 * GET requests on keep-alive connections, one at a time each, by bare sockets: a full HTTP client costs more than the
 * server it should keep busy. They carry `x-request-id`, as every request that came through a sidecar does.
 */
export async function restLoad(port: number, connections: number): Promise<Load> {
  const request = Buffer.from(
    'GET /users/123 HTTP/1.1\r\nhost: users:8080\r\nx-request-id: 7d1c6b1e-55a5-4c0e-8b8a-7e0f2f1c9d11\r\n\r\n',
  );
  const sockets: Socket[] = [];
  for (let index = 0; index < connections; index++) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    sockets.push(socket);
  }
  // The length of one answer; every further one has the same, since the date's length is fixed.
  const first = sockets[0] as Socket;
  first.write(request);
  const [answer] = (await once(first, 'data')) as [Buffer];
  if (!answer.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200'))) throw new Error(String(answer));

  return {
    async run(requests) {
      let left = requests - sockets.length;
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise<void>((resolve, reject) => {
              let received = 0;
              const onData = (chunk: Buffer): void => {
                received += chunk.length;
                if (received < answer.length) return;
                if (received > answer.length) reject(new Error(`unexpected: ${String(chunk)}`));
                received = 0;
                if (left-- > 0) socket.write(request);
                else {
                  socket.off('data', onData);
                  resolve();
                }
              };
              socket.on('data', onData);
              socket.write(request);
            }),
        ),
      );
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}

/**
 * Unary calls on one channel, in bursts of `calls` that are all answered before the next. Calls that follow each other
 * freely drift into larger and smaller batches by chance, and what a call costs depends on the size of its batch.
 */
export function grpcLoad(port: number, calls: number): Load {
  const { Payments } = paymentsContract.grpc.shop.payments.v1;
  const client = new Payments(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x-request-id', '7d1c6b1e-55a5-4c0e-8b8a-7e0f2f1c9d11');
  const request = { orderId: 'o-1', userId: '123', amountCents: 1500 };
  const call = (): Promise<void> =>
    new Promise((resolve, reject) => {
      client.Charge(request, metadata, (error) => (error ? reject(error) : resolve()));
    });
  return {
    async run(requests) {
      for (let sent = 0; sent < requests; sent += calls) {
        await Promise.all(Array.from({ length: calls }, call));
      }
    },
    close: () => client.close(),
  };
}
