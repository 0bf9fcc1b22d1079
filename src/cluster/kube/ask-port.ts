import { type ClientRequestArgs, request } from 'node:http';

const timeoutMs = 10_000;
const maxBytes = 64 * 1024 * 1024;

/**
 * One HTTP request to a program in a pod; resolves to the body. `options` lead there: by a connection (`forwardConnection`),
 * or an agent that makes them. Rejects when the answer is not 200, is over 64 MB, or is not there within 10 s.
 */
export function askPort(options: ClientRequestArgs): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, signal: AbortSignal.timeout(timeoutMs) }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxBytes) sent.destroy(new Error(`more than ${maxBytes} bytes`));
      });
      answer.on('error', reject);
      answer.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        if (answer.statusCode === 200) resolve(body);
        else reject(new Error(`HTTP ${answer.statusCode} ${body.slice(0, 200)}`));
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
