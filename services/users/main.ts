import { runService } from '../kit/run-service.ts';
import { buildUsers } from './app.ts';
import { UsersConfigSchema } from './config.ts';

await runService({
  name: 'users',
  configSchema: UsersConfigSchema,
  env: process.env,
  build: (_config, { log, faults }) => buildUsers({ log, faults }),
});
