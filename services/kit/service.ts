/** What a server of either protocol lets its process do with it. */
export interface Service {
  /** Starts to listen; resolves to the port (the one taken, when asked for 0). */
  listen(options: { host: string; port: number }): Promise<number>;
  /** Turns readiness on or off: `/readyz`, or the status of grpc.health.v1. Requests are served either way. */
  setReady(ready: boolean): void;
  /** Closes the intake and ends streams; resolves when the requests in flight are answered. */
  stop(): Promise<void>;
  /** Cuts off what is still in flight. */
  forceStop(): void;
}

/** How long each stage of {@link shutDown} may take. */
export interface ShutdownOptions {
  drainMs: number;
  graceMs: number;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Ends a service so that no request is lost: readiness off; wait until callers have noticed; close the intake; let the
 * requests in flight finish, for `graceMs` at most; cut off the rest. Resolves to how it went.
 */
export async function shutDown(
  service: Service,
  { drainMs, graceMs, sleep }: ShutdownOptions,
): Promise<'finished' | 'forced'> {
  service.setReady(false);
  await sleep(drainMs);
  const outcome = await Promise.race([
    service.stop().then(() => 'finished' as const),
    sleep(graceMs).then(() => 'forced' as const),
  ]);
  if (outcome === 'forced') service.forceStop();
  return outcome;
}
