import { runService } from '../kit/run-service.ts';
import { buildInventory } from './app.ts';
import { InventoryConfigSchema } from './config.ts';

await runService({
  name: 'inventory',
  configSchema: InventoryConfigSchema,
  env: process.env,
  build: (_config, { log, faults }) => buildInventory({ log, faults }),
});
