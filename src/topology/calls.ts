import { WindtunnelError } from '../errors.ts';
import { authorityOf, grpcPath, operationNamed, serviceNamed } from './derive.ts';
import type { ServiceOperation, Topology } from './model.ts';
import type { GrpcKind, Json, JsonObject } from './operations.ts';
import { pathParameters } from './path.ts';

/** A REST request, ready to be sent. */
export interface HttpCall {
  protocol: 'http';
  /** `service.operation` */
  operation: string;
  /** `service:port` */
  authority: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** What a working service answers; `lines` above 0: wait for that many NDJSON lines, then end the request. */
  expect: { status: number; lines: number };
}

/** A gRPC call, ready to be made. */
export interface GrpcCall {
  protocol: 'grpc';
  operation: string;
  authority: string;
  /** `/package.Service/Method` */
  path: string;
  kind: GrpcKind;
  /** The .proto file, relative to the project. */
  protoFile: string;
  /** As protobuf's JSON, with the field names of the .proto file. */
  messages: readonly JsonObject[];
  /** Messages of the answer to wait for; then a stream without an end is cancelled. */
  expect: { answers: number };
}

/** Either. */
export type Call = HttpCall | GrpcCall;

/** A named parameter of an operation, for the command line: `windtunnel call users.get --id 123`. */
export interface CallParameter {
  name: string;
  /** `path`: a segment; `field`: of the body or message; `whole`: all lines or messages, as a JSON list. */
  place: 'path' | 'field' | 'whole';
  /** `text` is taken as it is, `json` is parsed. */
  type: 'text' | 'json';
  /** From the declared example, as it would be typed; undefined: it must be given. */
  example: string | undefined;
}

/** The parameters that an operation takes, derived from its path and its example. */
export function callParameters(operation: ServiceOperation): CallParameter[] {
  if (operation.protocol === 'grpc') {
    const [message] = operation.example.messages;
    const oneMessage = operation.kind === 'unary' || operation.kind === 'server-stream';
    if (oneMessage) return fieldParameters(message ?? {});
    return [wholeParameter('messages', operation.example.messages)];
  }
  const path: CallParameter[] = pathParameters(operation.path).map((name) => {
    const value = operation.example.params?.[name as never] as unknown;
    return {
      name,
      place: 'path',
      type: 'text',
      example: typeof value === 'string' ? value : undefined,
    };
  });
  const { body, lines } = operation.example;
  return [
    ...path,
    ...(body === undefined ? [] : fieldParameters(body)),
    ...(lines === undefined ? [] : [wholeParameter('lines', lines)]),
  ];
}

/**
 * The call of an operation with the given values, as typed; a value that is not given comes from the declared example,
 * and a path parameter without one stays `{name}`. Throws `usage` for an unknown name and for a value that is no JSON.
 */
export function buildCall(
  topology: Topology,
  operationId: string,
  values: Readonly<Record<string, string>> = {},
): Call {
  const operation = operationNamed(topology, operationId);
  const parameters = callParameters(operation);
  checkKnown(operationId, parameters, values);
  const authority = authorityOf(topology, operation.service);
  if (operation.protocol === 'grpc') {
    return {
      protocol: 'grpc',
      operation: operationId,
      authority,
      path: grpcPath(topology, operation),
      kind: operation.kind,
      protoFile: serviceNamed(topology, operation.service).contract,
      messages: messagesOf(operation.example.messages, parameters, values, 'messages'),
      expect: { answers: operation.example.answers ?? 1 },
    };
  }
  const { body, lines, status, answerLines } = operation.example;
  const payload =
    lines === undefined
      ? body && JSON.stringify(fieldsOf(body, parameters, values))
      : messagesOf(lines, parameters, values, 'lines')
          .map((line) => `${JSON.stringify(line)}\n`)
          .join('');
  return {
    protocol: 'http',
    operation: operationId,
    authority,
    method: operation.method,
    path: fillPath(operation.path, parameters, values),
    headers:
      payload === undefined
        ? {}
        : { 'content-type': lines === undefined ? 'application/json' : 'application/x-ndjson' },
    body: payload,
    expect: { status: status ?? 200, lines: answerLines ?? 0 },
  };
}

function fieldParameters(example: JsonObject): CallParameter[] {
  return Object.entries(example).map(([name, value]) => ({
    name,
    place: 'field',
    type: typeof value === 'string' ? 'text' : 'json',
    example: typeof value === 'string' ? value : JSON.stringify(value),
  }));
}

function wholeParameter(name: string, example: readonly JsonObject[]): CallParameter {
  return { name, place: 'whole', type: 'json', example: JSON.stringify(example) };
}

function checkKnown(
  operationId: string,
  parameters: CallParameter[],
  values: Readonly<Record<string, string>>,
): void {
  const unknown = Object.keys(values).find(
    (name) => !parameters.some((parameter) => parameter.name === name),
  );
  if (unknown === undefined) return;
  const known = parameters.map((parameter) => `--${parameter.name}`).join(', ');
  throw new WindtunnelError('usage', `${operationId} has no parameter '${unknown}'`, {
    next: known === '' ? 'It takes none.' : `It takes ${known}.`,
  });
}

function fillPath(
  path: string,
  parameters: CallParameter[],
  values: Readonly<Record<string, string>>,
): string {
  return parameters
    .filter((parameter) => parameter.place === 'path')
    .reduce((filled, { name, example }) => {
      const value = values[name] ?? example;
      return value === undefined ? filled : filled.replace(`{${name}}`, encodeURIComponent(value));
    }, path);
}

function fieldsOf(
  example: JsonObject,
  parameters: CallParameter[],
  values: Readonly<Record<string, string>>,
): JsonObject {
  const given = parameters
    .filter((parameter) => parameter.place === 'field' && values[parameter.name] !== undefined)
    .map(({ name, type }): [string, Json] => {
      const value = values[name] ?? '';
      return [name, type === 'text' ? value : parseJson(name, value)];
    });
  return { ...example, ...Object.fromEntries(given) };
}

function messagesOf(
  example: readonly JsonObject[],
  parameters: CallParameter[],
  values: Readonly<Record<string, string>>,
  whole: 'messages' | 'lines',
): readonly JsonObject[] {
  const [first] = parameters;
  if (first?.place !== 'whole') return [fieldsOf(example[0] ?? {}, parameters, values)];
  const given = values[whole];
  if (given === undefined) return example;
  const parsed = parseJson(whole, given);
  const isList = Array.isArray(parsed) && parsed.every((item) => isObject(item));
  if (isList) return parsed as JsonObject[];
  throw new WindtunnelError('usage', `--${whole} is no JSON list of objects: ${given}`, {
    next: `Write it like --${whole} '${JSON.stringify(example)}'.`,
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(name: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new WindtunnelError('usage', `--${name} is no JSON: ${text}`, {
      cause,
      next: 'Quote it for the shell, e.g. --items \'[{"sku":"book","quantity":1}]\'.',
    });
  }
}
