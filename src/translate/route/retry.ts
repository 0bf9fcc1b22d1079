import { STATUS_CODES } from 'node:http';
import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import type { Json, JsonObject } from '../../json.ts';
import { duration } from '../values/duration.ts';
import { extension, object } from '../values/json.ts';

/** What Istio retries when `retryOn` is not given: nothing that may have reached the application, but for gRPC's own codes. */
const defaultRetryOn =
  'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes';

/** Istio's default when a route says nothing: two more attempts. */
const defaultAttempts = 2;

/** A retry goes to another host than the attempts before it; five draws at most. */
const otherHosts = [
  extension(
    'envoy.retry_host_predicates.previous_hosts',
    'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
  ),
];

/**
 * `retries` of an HTTP route as Envoy's RetryPolicy; absent means Istio's default, `attempts: 0` means none (undefined).
 *
 * @param isHashed the destination uses consistent hashing, so that a retry must not go to another host
 */
export function retryPolicy(retries: unknown, isHashed: boolean): JsonObject | undefined {
  const given = asRecord(retries);
  const isDefault = retries === undefined || retries === null;
  const attempts = isDefault ? defaultAttempts : (asNumber(given.attempts) ?? 0);
  if (attempts <= 0) return undefined;
  const on = readRetryOn(asString(given.retryOn) ?? '');
  const backoff = duration(given.backoff);
  return object({
    retryOn: on?.conditions ?? defaultRetryOn,
    numRetries: attempts,
    perTryTimeout: duration(given.perTryTimeout),
    retryPriority: given.retryRemoteLocalities === true ? previousPriorities : undefined,
    retryHostPredicate: avoidsPreviousHosts(given.retryIgnorePreviousHosts, isHashed)
      ? otherHosts
      : undefined,
    hostSelectionRetryMaxAttempts: '5',
    retriableStatusCodes: on === undefined || on.codes.length === 0 ? undefined : on.codes,
    retryBackOff: backoff === undefined ? undefined : { baseInterval: backoff },
  });
}

const previousPriorities: Json = extension(
  'envoy.retry_priorities.previous_priorities',
  'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
  { updateFrequency: 2 },
);

function avoidsPreviousHosts(given: unknown, isHashed: boolean): boolean {
  return typeof given === 'boolean' ? given : !isHashed;
}

/** Splits `retryOn` into Envoy's conditions and HTTP status codes; undefined when it is empty. */
function readRetryOn(text: string): { conditions: string; codes: number[] } | undefined {
  if (text === '') return undefined;
  const codes: number[] = [];
  const conditions: string[] = [];
  for (const part of text.split(',').map((item) => item.trim())) {
    if (part === '') continue;
    if (/^\d+$/.test(part) && isStatusCode(Number(part))) codes.push(Number(part));
    else conditions.push(part);
  }
  if (codes.length > 0 && !conditions.some((one) => one.includes('retriable-status-codes'))) {
    // Codes alone do nothing in Envoy; an empty list of conditions still gets the separating comma from Istio.
    return { conditions: `${conditions.join(',')},retriable-status-codes`, codes };
  }
  return { conditions: conditions.join(','), codes };
}

/** 509 is in Node's list of codes, but registered nowhere. */
function isStatusCode(code: number): boolean {
  return code !== 509 && STATUS_CODES[code] !== undefined;
}
