import { asRecord, asStringMap, asStrings } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import { object } from '../values/json.ts';
import { compareText } from '../../compare-text.ts';

/** `headers` of a route or destination, ready to be put on an Envoy route, and what they make of the authority. */
export interface HeaderOperations {
  requestHeadersToAdd: JsonObject[];
  requestHeadersToRemove: string[];
  responseHeadersToAdd: JsonObject[];
  responseHeadersToRemove: string[];
  /** New `:authority`; empty: unchanged. */
  authority: string;
}

/** Reads `headers: {request, response}`, each with `set`, `add` and `remove`. */
export function headerOperations(headers: unknown): HeaderOperations {
  const request = asRecord(asRecord(headers).request);
  const response = asRecord(asRecord(headers).response);
  return {
    requestHeadersToAdd: [...options(request.set, false), ...options(request.add, true)],
    requestHeadersToRemove: asStrings(request.remove).filter((name) => !isReserved(name)),
    responseHeadersToAdd: [...options(response.set, false), ...options(response.add, true)],
    responseHeadersToRemove: asStrings(response.remove).filter((name) => !isReserved(name)),
    authority: authorityOf(request.set) || authorityOf(request.add),
  };
}

/** `set` overwrites, `add` appends; pseudo-headers and Host are not Envoy's to change this way. */
function options(headers: unknown, appends: boolean): JsonObject[] {
  return Object.entries(asStringMap(headers))
    .filter(([name]) => !isReserved(name))
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) =>
      object({
        header: object({ key, value: value === '' ? undefined : value }),
        // Appending is the enum's zero value, which protojson leaves out.
        appendAction: appends ? undefined : 'OVERWRITE_IF_EXISTS_OR_ADD',
      }),
    );
}

function authorityOf(headers: unknown): string {
  const found = Object.entries(asStringMap(headers)).findLast(([name]) =>
    [':authority', 'host'].includes(name.toLowerCase()),
  );
  return found?.[1] ?? '';
}

function isReserved(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}
