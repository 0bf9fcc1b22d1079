import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Pool } from 'undici';
import type { CallContext } from './call-context.ts';
import type { CallFailure, CallResult } from './call-result.ts';
import { type ErrorCode, type ErrorFacts, isErrorCode } from './errors.ts';
import type { Problem } from './problem.ts';
import { currentTelemetry, headersCarrier, type Observation } from './telemetry.ts';
import { errorType } from './telemetry-http.ts';

/** One request to another service. */
export interface HttpCall {
  method: 'GET' | 'POST';
  /** With its parameters encoded, e.g. `/users/123`. */
  path: string;
  body?: unknown;
  context: CallContext;
}

/** Calls one other service by HTTP. */
export interface HttpClient {
  /** One request, one attempt. `schema` is what a 2xx answer must be; anything else is a failure. */
  call<Schema extends TSchema>(schema: Schema, call: HttpCall): Promise<CallResult<Static<Schema>>>;
  close(): Promise<void>;
}

const maxResponseBytes = 1_048_576;
const problemMembers = new Set(['type', 'title', 'status', 'code', 'detail', 'requestId']);
type Validator = { Check(value: unknown): boolean };

/**
 * A plain client of the service `callee` at `address` (`host:port`). It neither retries nor times out nor encrypts nor
 * chooses among hosts: the address is the sidecar's business, and so is all of that.
 */
export function createHttpClient(callee: string, address: string): HttpClient {
  const pool = new Pool(`http://${address}`, {
    // No bound on connections and no timeouts: limits and deadlines belong to the mesh (DestinationRule, VirtualService),
    // and a second, hidden one here would change what an experiment measures.
    connections: null,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxResponseBytes,
  });
  const validators = new Map<TSchema, Validator>();
  const validatorOf = (schema: TSchema): Validator => {
    let validator = validators.get(schema);
    if (validator === undefined) {
      validator = Compile(schema);
      validators.set(schema, validator);
    }
    return validator;
  };

  const telemetry = currentTelemetry();
  const call: HttpClient['call'] = async (schema, { method, path, body, context }) => {
    let headers = body === undefined ? context : { ...context, 'content-type': 'application/json' };
    let observation: Observation | undefined;
    if (telemetry) {
      // A copy: the context belongs to the request that is served, whose other calls are no children of this one.
      const own = { ...headers };
      observation = telemetry.begin(
        { edge: 'http-client', method, path, address },
        headersCarrier(own),
      );
      headers = own;
    }
    try {
      const response = await pool.request({
        method,
        path,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.body.text();
      observation?.end({ status: response.statusCode });
      if (response.statusCode < 200 || response.statusCode > 299) {
        return { ok: false, failure: failureOf(callee, response.statusCode, text) };
      }
      const value = parseJson(text);
      if (!validatorOf(schema).Check(value)) {
        return {
          ok: false,
          failure: failed(callee, 'callee-failed', 'its answer breaks its contract'),
        };
      }
      return { ok: true, value: value as never };
    } catch (error) {
      observation?.end({ status: undefined, error: errorType(error) });
      const reason = error instanceof Error ? error.message : String(error);
      return { ok: false, failure: failed(callee, 'unavailable', reason) };
    }
  };
  return { call, close: () => pool.close() };
}

/**
 * What an answer other than 2xx means. Only the callee's own problem counts as its decision: a 404 or 403 without our
 * `code` comes from a proxy (no route, not authorized), and says nothing about what was asked for.
 */
export function failureOf(callee: string, status: number, text: string): CallFailure {
  const problem = parseJson(text) as Partial<Problem> | null | undefined;
  if (status < 500 && problem && isErrorCode(problem.code)) {
    const facts: Record<string, string | number | boolean> = {};
    for (const [name, value] of Object.entries(problem)) {
      const scalar =
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
      if (scalar && !problemMembers.has(name)) facts[name] = value;
    }
    return failed(callee, problem.code, String(problem.detail ?? problem.title), facts);
  }
  if (status === 503) return failed(callee, 'unavailable', 'it answered 503');
  if (status === 504) return failed(callee, 'deadline-exceeded', 'it answered 504');
  return failed(callee, 'callee-failed', `it answered ${status}`);
}

function failed(
  callee: string,
  code: ErrorCode,
  detail: string,
  facts: ErrorFacts = {},
): CallFailure {
  return { code, callee, detail, facts };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
