import { request } from 'node:http';
import { WindtunnelError } from '../../errors.ts';
import { parseStats } from '../../target/stats.ts';

const timeoutMs = 5000;
const maxBytes = 64 * 1024 * 1024;

/** Asks Envoy's admin interface on its Unix socket; resolves to the body. Throws `io` when it does not answer with 200. */
export function adminRequest(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new WindtunnelError('io', `Envoy's admin interface, ${method} ${path}: ${why}`));
    const sent = request(
      { socketPath, method, path, timeout: timeoutMs, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > maxBytes) sent.destroy(new Error(`more than ${maxBytes} bytes`));
        });
        answer.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          if (answer.statusCode === 200) resolve(body);
          else fail(`${answer.statusCode} ${body.slice(0, 200)}`);
        });
        answer.on('error', (error) => fail(error.message));
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.on('error', (error) => fail(error.message));
    sent.end();
  });
}

/** Counters and gauges whose name matches `filter`, by name. */
export async function readStats(
  socketPath: string,
  filter: string,
): Promise<Record<string, number>> {
  const query = new URLSearchParams({ format: 'json', filter });
  return parseStats(await adminRequest(socketPath, 'GET', `/stats?${query.toString()}`));
}
