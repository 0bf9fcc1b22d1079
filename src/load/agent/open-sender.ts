import { lookup } from 'node:dns/promises';
import { WindtunnelError } from '../../errors.ts';
import type { Sender } from '../exchange.ts';
import { createGrpcSender } from '../grpc.ts';
import { createRestSender } from '../rest.ts';
import type { RequestSpec } from './protocol.ts';

/**
 * Makes the sender of a request. The name is looked up once, here: a lookup for every connection would be part of what is
 * measured. Throws `unreachable` for a name that nobody knows.
 */
export async function openSender(request: RequestSpec): Promise<Sender> {
  const address = await addressOf(request.address);
  const { port, authority, path, timeoutMs } = request;
  const where = { address, port, authority, path, timeoutMs };
  if (request.protocol === 'grpc') {
    return createGrpcSender({ ...where, message: Buffer.from(request.messageBase64, 'base64') });
  }
  return createRestSender({ ...where, method: request.method, body: request.body });
}

async function addressOf(name: string): Promise<string> {
  try {
    const { address, family } = await lookup(name);
    return family === 6 ? `[${address}]` : address;
  } catch (cause) {
    throw new WindtunnelError('unreachable', `${name} cannot be looked up: ${String(cause)}`, {
      cause,
    });
  }
}
