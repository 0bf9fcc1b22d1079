import { setTimeout as sleep } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { Static, TObject } from 'typebox';
import { type CommonConfig, ConfigError, type Env, parseConfig } from './config.ts';
import { createFaultPlan, type FaultPlan } from './fault-plan.ts';
import { jsonLog, type Log } from './log.ts';
import { type Service, shutDown } from './service.ts';
import { wantsTelemetry } from './telemetry-config.ts';
import type { RunningTelemetry } from './telemetry-sdk.ts';

/** How long the last spans may take to reach the collector: it is next door, or away. */
const flushMs = 500;

/** What a service needs from its process, beside its own configuration. */
export interface ServiceParts {
  log: Log;
  /** Undefined unless FAULTS=enabled, so that the hook costs nothing when it is off. */
  faults: FaultPlan | undefined;
}

/** How to run one service as this process. */
export interface RunOptions<Schema extends TObject> {
  name: string;
  configSchema: Schema;
  env: Env;
  build(config: Static<Schema>, parts: ServiceParts): Service;
}

/**
 * Runs a service until SIGTERM or SIGINT: reads its configuration, listens, and shuts it down in order. Telemetry is on when
 * the standard OTEL_ variables ask for it; nothing else of the service changes by that.
 * A wrong configuration or a port in use ends the process with status 1 and a line that says what to change.
 */
export async function runService<Schema extends TObject>(
  options: RunOptions<Schema>,
): Promise<void> {
  const log = jsonLog(options.name, (line) => process.stdout.write(line));
  let config: CommonConfig;
  let service: Service;
  let telemetry: RunningTelemetry | undefined;
  try {
    const parsed = parseConfig(options.configSchema, options.env);
    config = parsed as unknown as CommonConfig;
    // Before the service is built: its servers and clients look once whether there is telemetry.
    telemetry = await telemetryOf(options, log);
    service = options.build(parsed, { log, faults: faultsOf(config) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    endWith(`${options.name}: ${error.message}`);
  }
  try {
    const port = await service.listen({ host: config.HOST, port: config.PORT });
    log({ level: 'info', message: 'listening', host: config.HOST, port });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    endWith(
      `${options.name}: cannot listen on ${config.HOST}:${config.PORT}: ${reason}; set HOST or PORT`,
    );
  }
  service.setReady(true);
  // The outer limit only matters if shutDown itself hangs; a second signal ends the process at once.
  closeWithGrace(
    { delay: config.DRAIN_MS + config.GRACE_MS + flushMs + 1000, logger: false },
    async ({ signal, err }) => {
      if (err) log({ level: 'error', message: 'uncaught', stack: err.stack });
      log({ level: 'info', message: 'shutting down', signal });
      const outcome = await shutDown(service, {
        drainMs: err ? 0 : config.DRAIN_MS,
        graceMs: config.GRACE_MS,
        sleep: (ms) => sleep(ms),
      });
      await telemetry?.stop(flushMs);
      log({ level: 'info', message: 'stopped', outcome });
    },
  );
}

async function telemetryOf(
  { name, env }: { name: string; env: Env },
  log: Log,
): Promise<RunningTelemetry | undefined> {
  if (!wantsTelemetry(env)) return undefined;
  const { startTelemetry } = await import('./telemetry-sdk.ts');
  return startTelemetry({ service: name, env, log });
}

function faultsOf(config: CommonConfig): FaultPlan | undefined {
  if (config.FAULTS !== 'enabled') return undefined;
  return createFaultPlan({ probability: config.FAULT_PROBABILITY, seed: config.FAULT_SEED });
}

function endWith(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
