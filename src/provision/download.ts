import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { EnvHttpProxyAgent, request, interceptors, type Dispatcher } from 'undici';
import { WindtunnelError } from '../errors.ts';

type Env = Record<string, string | undefined>;
const maxBytes = 300 * 1024 * 1024;
const idleTimeoutMs = 30_000;

/** Fetches over HTTPS, through the proxy that the environment names, trusting what the system trusts. */
export interface Downloader {
  /** Resolves to the body. Throws `download-failed` with address and reason. */
  get(
    url: string,
    onProgress?: (bytes: number, total: number | undefined) => void,
  ): Promise<Buffer>;
  close(): Promise<void>;
}

/** Makes a {@link Downloader}; `signal` ends a download under way. */
export function createDownloader(env: Env, signal: AbortSignal): Downloader {
  const connect = { ca: certificates(env), timeout: 10_000 };
  const agent = new EnvHttpProxyAgent({ connect, requestTls: connect });
  const dispatcher: Dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 5 }));
  return {
    get: async (url, onProgress) => {
      try {
        const answer = await request(url, {
          dispatcher,
          signal,
          headersTimeout: idleTimeoutMs,
          bodyTimeout: idleTimeoutMs,
          headers: { accept: '*/*' },
        });
        if (answer.statusCode !== 200) throw failed(url, `HTTP status ${answer.statusCode}`);
        const total = Number(answer.headers['content-length']) || undefined;
        const chunks: Buffer[] = [];
        let size = 0;
        for await (const chunk of answer.body as AsyncIterable<Buffer>) {
          chunks.push(chunk);
          size += chunk.length;
          if (size > maxBytes) throw failed(url, `more than ${maxBytes} bytes`);
          onProgress?.(size, total);
        }
        return Buffer.concat(chunks);
      } catch (cause) {
        if (cause instanceof WindtunnelError) throw cause;
        const { code, message } = cause as NodeJS.ErrnoException;
        throw failed(url, code ?? message, cause);
      }
    },
    close: () => agent.close(),
  };
}

function certificates(env: Env): string[] {
  const own = env.PIP_CERT || env.SSL_CERT_FILE;
  return [
    ...getCACertificates('default'),
    // Companies put the certificate of their proxy into the system's store, which Node does not read by itself.
    ...getCACertificates('system'),
    ...(own ? [readFileSync(own, 'utf8')] : []),
  ];
}

function failed(url: string, why: string, cause?: unknown): WindtunnelError {
  return new WindtunnelError('download-failed', `${url}: ${why}`, { cause });
}
