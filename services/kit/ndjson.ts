import type { FastifyInstance } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { ServiceError } from './errors.ts';
import { problemOfError } from './problem.ts';

/** The media type of one JSON value a line. */
export const ndjsonContentType = 'application/x-ndjson';

/** How much of a body {@link readNdjson} takes. */
export interface NdjsonLimits {
  /** @default 4096 */
  maxLineBytes?: number;
  /** @default 10000 */
  maxLines?: number;
}

/** Lets routes of `app` take NDJSON bodies as streams: `request.body` is then the raw request, of any length. */
export function acceptNdjson(app: FastifyInstance): void {
  app.addContentTypeParser(ndjsonContentType, (_request, payload, done) => done(null, payload));
}

/**
 * The lines of a body, each checked against `schema`; empty lines are skipped.
 * Throws `invalid-argument` with the line's number when one is not what the schema says, or a limit is passed.
 */
export async function* readNdjson<Schema extends TSchema>(
  body: AsyncIterable<Buffer>,
  schema: Schema,
  limits: NdjsonLimits = {},
): AsyncGenerator<Static<Schema>, void, undefined> {
  const { maxLineBytes = 4096, maxLines = 10_000 } = limits;
  const validator = Compile(schema);
  let count = 0;
  const parse = (line: string): Static<Schema> => {
    if (count > maxLines) throw invalid(count, `is one more than the ${maxLines} lines allowed`);
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw invalid(count, 'is not JSON');
    }
    if (validator.Check(value)) return value;
    const error = validator.Errors(value)[0];
    throw invalid(count, `${error?.instancePath ?? ''} ${error?.message ?? 'is not valid'}`.trim());
  };
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      count++;
      if (line.length > maxLineBytes) throw invalid(count, `is longer than ${maxLineBytes} bytes`);
      if (line.trim() !== '') yield parse(line);
    }
    if (rest.length > maxLineBytes)
      throw invalid(count + 1, `is longer than ${maxLineBytes} bytes`);
  }
  count++;
  if (rest.trim() !== '') yield parse(rest);
}

/**
 * Values as NDJSON text. An error after the first value cannot change the status any more: it becomes a last line
 * `{"problem": …}`, so that a reader can tell a broken stream from a finished one.
 */
export async function* writeNdjson(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  try {
    for await (const value of values) yield `${JSON.stringify(value)}\n`;
  } catch (error) {
    yield `${JSON.stringify({ problem: problemOfError(error) })}\n`;
  }
}

/**
 * The same values, after the first one has come: an error before it is thrown here, while the status can still tell.
 */
export async function startedStream<Value>(
  values: AsyncGenerator<Value, void, undefined>,
): Promise<AsyncGenerator<Value, void, undefined>> {
  const first = await values.next();
  return (async function* () {
    try {
      if (!first.done) yield first.value;
      yield* values;
    } finally {
      await values.return();
    }
  })();
}

function invalid(line: number, reason: string): ServiceError {
  return new ServiceError('invalid-argument', `line ${line} ${reason}`);
}
