import { randomUUID } from 'node:crypto';
import { createInventoryClient } from '../inventory/client.ts';
import { runService } from '../kit/run-service.ts';
import { createPaymentsClient } from '../payments/client.ts';
import { createUsersClient } from '../users/client.ts';
import { buildOrders } from './app.ts';
import { OrdersConfigSchema } from './config.ts';

await runService({
  name: 'orders',
  configSchema: OrdersConfigSchema,
  env: process.env,
  build: (config, { log, faults }) =>
    buildOrders({
      clients: {
        users: createUsersClient(config.USERS_ADDR),
        inventory: createInventoryClient(config.INVENTORY_ADDR),
        payments: createPaymentsClient(config.PAYMENTS_ADDR),
      },
      newOrderId: randomUUID,
      log,
      faults,
    }),
});
