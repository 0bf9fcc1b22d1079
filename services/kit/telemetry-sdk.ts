import { setTimeout as sleep } from 'node:timers/promises';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import packageJson from '../../package.json' with { type: 'json' };
import type { Env } from './config.ts';
import { type Log, reasonOf } from './log.ts';
import { useTelemetry } from './telemetry.ts';
import { telemetryEnv } from './telemetry-config.ts';
import { createOpenTelemetry } from './telemetry-spans.ts';

/** Telemetry that runs. */
export interface RunningTelemetry {
  /** Sends what is left, for `flushMs` at most; never rejects. */
  stop(flushMs: number): Promise<void>;
}

/** What {@link startTelemetry} is given. */
export interface TelemetryOptions {
  service: string;
  env: Env;
  log: Log;
}

/** Complaints of the SDK that are logged; a collector that is away would bring one every few seconds. */
const maxComplaints = 5;

/**
 * Starts the OpenTelemetry SDK as the standard variables say, and makes the kit's edges tell it of their requests. Loading it
 * costs 0.3 s and 40 MB, so that only `runService` loads this file, and only when it is asked to. A setting that the SDK
 * refuses is logged, and the service runs without telemetry.
 */
export function startTelemetry({ service, env, log }: TelemetryOptions): RunningTelemetry {
  try {
    logComplaints(env, log);
    // The SDK knows no other way to be told than the environment of the process.
    Object.assign(process.env, telemetryEnv({ name: service, version: packageJson.version }, env));
    const sdk = new NodeSDK();
    sdk.start();
    useTelemetry(createOpenTelemetry());
    return {
      async stop(flushMs) {
        const done = new AbortController();
        // Sending the rest fails when the collector is away: that is no fault of the service.
        const flushed = sdk.shutdown().catch(() => undefined);
        await Promise.race([
          flushed,
          sleep(flushMs, undefined, { signal: done.signal }).catch(() => undefined),
        ]);
        done.abort();
      },
    };
  } catch (error) {
    log({ level: 'error', message: 'telemetry is off', reason: reasonOf(error) });
    return { stop: async () => {} };
  }
}

// The SDK's own way is the console, whose lines are no log of ours; with OTEL_LOG_LEVEL it is what was asked for.
function logComplaints(env: Env, log: Log): void {
  if (env['OTEL_LOG_LEVEL'] !== undefined) return;
  let left = maxComplaints;
  const complain = (...parts: unknown[]): void => {
    if (left-- <= 0) return;
    const reason = parts.map((part) => (part instanceof Error ? part.message : String(part)));
    log({ level: 'error', message: 'telemetry', reason: reason.join(' ').slice(0, 500) });
  };
  const silent = (): void => {};
  diag.setLogger(
    { error: complain, warn: silent, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
}
