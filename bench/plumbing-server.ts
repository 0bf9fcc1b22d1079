import { randomUUID } from 'node:crypto';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import { buildPayments } from '../services/payments/app.ts';
import { evolve, noCharges } from '../services/payments/charge.ts';
import { paymentsContract } from '../services/payments/contract.ts';
import { decideCharge, decideRefund } from '../services/payments/decide.ts';
import type { PaymentsHandlers } from '../services/payments/gen/shop/payments/v1/Payments.ts';
import { buildUsers } from '../services/users/app.ts';
import { addUserRoutes } from '../services/users/routes.ts';
import { seededUsers } from '../services/users/user.ts';

// One arm of bench/plumbing.ts as a process of its own: tells its parent the port, then its CPU time when asked.
const host = '127.0.0.1';

async function bareRest(): Promise<number> {
  const app = Fastify({ logger: false }).withTypeProvider<TypeBoxTypeProvider>();
  addUserRoutes(app, seededUsers());
  await app.listen({ host, port: 0 });
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function bareGrpc(): Promise<number> {
  const charges = noCharges();
  const handlers: PaymentsHandlers = {
    Charge(call, callback) {
      const chargeId = randomUUID();
      evolve(charges, decideCharge(call.request, chargeId));
      callback(null, { chargeId });
    },
    Refund(call, callback) {
      evolve(charges, decideRefund(charges, call.request.chargeId));
      callback(null, { chargeId: call.request.chargeId, amountCents: 0 });
    },
  };
  const server = new Server();
  server.addService(paymentsContract.grpc.shop.payments.v1.Payments.service, handlers);
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

const arms: Record<string, () => Promise<number>> = {
  'bare-rest': bareRest,
  'kit-rest': () => buildUsers().listen({ host, port: 0 }),
  'bare-grpc': bareGrpc,
  'kit-grpc': () => buildPayments({ newChargeId: randomUUID }).listen({ host, port: 0 }),
};

const start = arms[process.argv[2] ?? ''];
if (start === undefined) throw new Error(`unknown arm; known are ${Object.keys(arms).join(', ')}`);
process.on('message', () => process.send?.({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit(0));
process.send?.({ port: await start() });
