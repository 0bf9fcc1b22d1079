import { randomUUID } from 'node:crypto';
import { runService } from '../kit/run-service.ts';
import { buildPayments } from './app.ts';
import { PaymentsConfigSchema } from './config.ts';

await runService({
  name: 'payments',
  configSchema: PaymentsConfigSchema,
  env: process.env,
  build: (_config, { log, faults }) => buildPayments({ newChargeId: randomUUID, log, faults }),
});
