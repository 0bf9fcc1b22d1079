import { type Agent, request } from 'node:http';

/** What {@link send} sends beside a plain GET. */
export interface SendOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
  agent?: Agent;
  /** The answer must be whole by then. @default 10000 */
  timeoutMs?: number;
}

/** An answer, read whole; status 0 when the connection failed, with the reason as body. */
export interface Received {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** What the bookshop's web service says of the request, where it answered. */
  echo: Echo;
}

/** The request as the web service of the bookshop got it. */
export interface Echo {
  pod?: string;
  version?: string;
  method?: string;
  path?: string;
  bytes?: number;
  headers: Record<string, string>;
}

const echoOf = (body: string): Echo => {
  try {
    return { headers: {}, ...(JSON.parse(body) as object) };
  } catch {
    return { headers: {} };
  }
};

/** One HTTP/1.1 request to 127.0.0.1:port. */
export function send(port: number, path: string, options: SendOptions = {}): Promise<Received> {
  const { method = 'GET', headers = {}, body, agent = false, timeoutMs = 10_000 } = options;
  return new Promise((resolve) => {
    const failed = (error: Error): void =>
      resolve({ status: 0, headers: {}, body: error.message, echo: { headers: {} } });
    const signal = AbortSignal.timeout(timeoutMs);
    const to = { host: '127.0.0.1', port, path, method, headers, agent, signal };
    const sent = request(to, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', failed);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const { statusCode: status = 0, headers: got } = answer;
        resolve({ status, headers: got, body: text, echo: echoOf(text) });
      });
    });
    sent.on('error', failed);
    sent.end(body);
  });
}

/** How often each value comes. */
export function tally(values: (string | number | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
}
