import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type ErrorCode, WindtunnelError } from '../../errors.ts';
import { isRecord } from '../../manifests/fields.ts';

/** Version of the lines between the CLI and the agent; raise it with every change that the other side would not understand. */
export const protocolVersion = 1;

/** Longer lines are refused: the longest holds one gRPC message (4 MB by gRPC's default) in base64. */
export const maxLineBytes = 8 << 20;

const closed = { additionalProperties: false };
const id = Type.Integer({ minimum: 0 });
const where = {
  /** Name or address to dial; looked up once. */
  address: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  authority: Type.String({ minLength: 1 }),
  path: Type.String({ pattern: '^/' }),
  timeoutMs: Type.Number({ exclusiveMinimum: 0 }),
};
const method = Type.Union([
  Type.Literal('GET'),
  Type.Literal('HEAD'),
  Type.Literal('PUT'),
  Type.Literal('POST'),
  Type.Literal('PATCH'),
  Type.Literal('DELETE'),
]);

const RequestSchema = Type.Union([
  Type.Object(
    {
      protocol: Type.Literal('http'),
      ...where,
      method,
      body: Type.Optional(Type.Unknown()),
    },
    closed,
  ),
  Type.Object(
    {
      protocol: Type.Literal('grpc'),
      ...where,
      /** The encoded message, so that the agent needs no .proto. */
      messageBase64: Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$' }),
    },
    closed,
  ),
]);
/** The one request that a source repeats, and where it goes. */
export type RequestSpec = Static<typeof RequestSchema>;

const PlanSchema = Type.Object(
  {
    arrivals: Type.Object(
      {
        kind: Type.Union([Type.Literal('constant'), Type.Literal('poisson')]),
        ratePerSecond: Type.Number(),
      },
      closed,
    ),
    requests: Type.Integer(),
    seed: Type.Integer(),
    requestIdPrefix: Type.String(),
    maxOutstanding: Type.Integer({ minimum: 1 }),
  },
  closed,
);

/** `id` names the command in its answers; sources and runs are named by the id of the command that began them. */
const commandSchemas = {
  open: Type.Object({ do: Type.Literal('open'), id, request: RequestSchema }, closed),
  send: Type.Object(
    { do: Type.Literal('send'), id, source: id, requestId: Type.String({ minLength: 1 }) },
    closed,
  ),
  run: Type.Object({ do: Type.Literal('run'), id, source: id, plan: PlanSchema }, closed),
  stop: Type.Object({ do: Type.Literal('stop'), id, run: id }, closed),
  close: Type.Object({ do: Type.Literal('close'), id, source: id }, closed),
  ping: Type.Object({ do: Type.Literal('ping'), id }, closed),
};
/** What the agent is told, one a line. */
export type Command = Static<(typeof commandSchemas)[keyof typeof commandSchemas]>;

/** What the agent tells, one a line. */
export type Answer =
  /** The first line. */
  | { hello: { protocol: number; node: string } }
  /** How many requests of a run were due so far. */
  | { id: number; due: number }
  /** A command is done; the value is an `Outcome` of `send`, a `LoadReport` of `run`, else null. */
  | { id: number; done: unknown }
  /** A command failed; `id` is null when the line could not be read that far. */
  | { id: number | null; error: { code: ErrorCode; message: string; next?: string } };

/** A line that is no command; `id` when it had one, so that its sender can be told. */
export interface Malformed {
  id: number | null;
  problem: string;
}

/** Reads a command; gives what is wrong with a line that is none. */
export function parseCommand(line: string): Command | Malformed {
  const value = parsed(line);
  const record = isRecord(value) ? value : undefined;
  if (record === undefined) return { id: null, problem: `no JSON object: ${line.slice(0, 80)}` };
  const named = Value.Check(id, record.id) ? record.id : null;
  const known = Object.entries(commandSchemas).find(([name]) => name === record.do);
  if (known === undefined) return { id: named, problem: `no such command: ${String(record.do)}` };
  const [name, schema] = known;
  if (Value.Check(schema, record)) return record;
  const [first] = Value.Errors(schema, record);
  return { id: named, problem: `${name}: ${first?.instancePath ?? ''} ${first?.message ?? ''}` };
}

/** Whether {@link parseCommand} found no command. */
export function isMalformed(parsedLine: Command | Malformed): parsedLine is Malformed {
  return 'problem' in parsedLine;
}

/** Reads an answer; undefined for a line that is none, such as a warning of Node's. */
export function parseAnswer(line: string): Answer | undefined {
  const value = parsed(line);
  if (!isRecord(value)) return undefined;
  const known = ['hello', 'due', 'done', 'error'].some((key) => key in value);
  return known ? (value as unknown as Answer) : undefined;
}

/** Throws `preflight` when the agent that said hello speaks another version; `where` names it, e.g. an image. */
export function checkHello(protocol: unknown, where: string): void {
  if (protocol === protocolVersion) return;
  throw new WindtunnelError(
    'preflight',
    `the load agent of ${where} speaks version ${String(protocol)} of its protocol, this Windtunnel ${protocolVersion}`,
    { next: 'Bring the image up to date: windtunnel up --target kind (or current) again.' },
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
