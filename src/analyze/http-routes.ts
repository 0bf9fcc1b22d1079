import { asList, asNumber, asRecord, asRecords, asString } from '../manifests/fields.ts';
import type { Resource, World } from '../manifests/world.ts';
import { parseDurationNanos } from '../translate/values/duration.ts';

/** One HTTP route of a VirtualService, with the numbers that rules compare. */
export interface HttpRoute {
  resource: Resource;
  /** `spec.http[INDEX]` */
  path: string;
  /** `route 'NAME'`, or `route INDEX`: for messages. */
  label: string;
  body: Record<string, unknown>;
  /** Hosts and ports the route leads to, as written. */
  destinations: { host: string; subset: string | undefined; port: number | undefined }[];
  /** Undefined: none is set, or it is switched off by `0s`. */
  timeoutMs: number | undefined;
  /** Undefined: the route has no `retries`, so Istio's default applies. */
  retries: RouteRetries | undefined;
}

/** `retries` of a route. */
export interface RouteRetries {
  /** Retries after the first try. @default 0, which switches them off */
  attempts: number;
  perTryTimeoutMs: number | undefined;
  /** Conditions; Istio's default where the route names none. */
  on: string[];
  /** Whether `on` is Istio's default. */
  isDefaultOn: boolean;
}

/** What Istio retries on where a route says nothing (Istio, `route/retry/retry.go`: `DefaultPolicy`). */
const DEFAULT_RETRY_ON = ['connect-failure', 'refused-stream', 'unavailable', 'cancelled'];

/** Every HTTP route of every VirtualService, in the order they were read. */
export function httpRoutesOf(world: World): HttpRoute[] {
  return world.resources
    .filter((resource) => resource.kind === 'VirtualService')
    .flatMap((resource) =>
      asRecords(asRecord(resource.body.spec).http).map((body, index) => ({
        resource,
        path: `spec.http[${index}]`,
        label: typeof body.name === 'string' ? `route '${body.name}'` : `route ${index}`,
        body,
        destinations: destinationsOf(body),
        timeoutMs: milliseconds(body.timeout),
        retries: retriesOf(body.retries),
      })),
    );
}

/** A duration of a manifest in milliseconds; undefined when it is absent, 0 or none. */
function milliseconds(value: unknown): number | undefined {
  const nanos = typeof value === 'string' ? parseDurationNanos(value) : undefined;
  return nanos === undefined || nanos <= 0n ? undefined : Number(nanos) / 1e6;
}

function retriesOf(value: unknown): RouteRetries | undefined {
  if (value === undefined || value === null) return undefined;
  const retries = asRecord(value);
  const on = (asString(retries.retryOn) ?? '')
    .split(',')
    .map((condition) => condition.trim())
    .filter((condition) => condition !== '');
  return {
    attempts: asNumber(retries.attempts) ?? 0,
    perTryTimeoutMs: milliseconds(retries.perTryTimeout),
    on: on.length === 0 ? DEFAULT_RETRY_ON : on,
    isDefaultOn: on.length === 0,
  };
}

function destinationsOf(body: Record<string, unknown>): HttpRoute['destinations'] {
  return asList(body.route).map((item) => {
    const destination = asRecord(asRecord(item).destination);
    return {
      host: asString(destination.host) ?? '',
      subset: asString(destination.subset),
      port: asNumber(asRecord(destination.port).number),
    };
  });
}
