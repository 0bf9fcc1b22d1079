import { createInventoryClient } from '../inventory/client.ts';
import { runService } from '../kit/run-service.ts';
import { createOrdersClient } from '../orders/client.ts';
import { createUsersClient } from '../users/client.ts';
import { buildStorefront } from './app.ts';
import { StorefrontConfigSchema } from './config.ts';

await runService({
  name: 'storefront',
  configSchema: StorefrontConfigSchema,
  env: process.env,
  build: (config, { log, faults }) =>
    buildStorefront({
      clients: {
        users: createUsersClient(config.USERS_ADDR),
        orders: createOrdersClient(config.ORDERS_ADDR),
        inventory: createInventoryClient(config.INVENTORY_ADDR),
      },
      log,
      faults,
    }),
});
