import { join } from 'node:path';
import { loadSync } from '@grpc/proto-loader';
import { WindtunnelError } from '../errors.ts';
import type { Sender } from '../load/exchange.ts';
import { createGrpcSender } from '../load/grpc.ts';
import { createRestSender, type RestOptions } from '../load/rest.ts';
import type { Entry } from '../target/target.ts';
import type { GrpcCall } from '../topology/calls.ts';
import type { EdgeUnderTest } from './edge-under-test.ts';

/** How an experiment makes its requests; a test hands in one that needs no network. */
export interface Traffic {
  /** A sender of the edge's request into the mesh at `entry`. */
  open(edge: EdgeUnderTest, entry: Entry, timeoutMs: number): Sender;
}

/** Real requests. Contracts are named relative to `projectDir`. Throws `bad-topology` when a contract lacks the method. */
export function networkTraffic(projectDir: string): Traffic {
  return {
    open({ call }, entry, timeoutMs) {
      const where = { address: entry.address, port: entry.port, authority: call.authority };
      if (call.protocol === 'grpc') {
        const message = encodeMessage(call, join(projectDir, call.protoFile));
        return createGrpcSender({ ...where, path: call.path, message, timeoutMs });
      }
      const method = call.method as RestOptions['method'];
      const { path, body } = call;
      return createRestSender({ ...where, method, path, body, timeoutMs });
    },
  };
}

/** The bytes of a call's one message. */
function encodeMessage(call: GrpcCall, protoFile: string): Buffer {
  const [, rpcService = '', name = ''] = call.path.split('/');
  const contract = loadSync(protoFile, { keepCase: true });
  const service = contract[rpcService];
  const method = service === undefined || 'format' in service ? undefined : service[name];
  if (method === undefined) {
    throw new WindtunnelError('bad-topology', `${protoFile} has no method ${rpcService}/${name}`, {
      next: 'Correct rpcService or the operation in services/topology.ts, or the .proto file.',
    });
  }
  return method.requestSerialize(call.messages[0] ?? {});
}
