import {
  ApiException,
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  type RequestContext,
  ServerConfiguration,
} from '@kubernetes/client-node';
import type { Kube } from './client.ts';

/** One request to the API server. */
export interface RestRequest {
  method: keyof typeof HttpMethod;
  /** From the root of the API server, e.g. `/api/v1/namespaces/shop`. */
  path: string;
  query?: Record<string, string>;
  body?: object;
  /** @default application/json */
  contentType?: string;
}

/** Sends a request and gives its answer as JSON, just as it came. Rejects with client-node's `ApiException`, or with what `fetch` threw. */
export type Rest = (request: RestRequest) => Promise<unknown>;

const timeoutMs = 30_000;

/**
 * Requests with the credentials of a {@link Kube}, without the models of client-node's own clients: those drop every
 * field that they don't know, and what is put back must be what stood, byte by byte.
 */
export function createRest(kube: Pick<Kube, 'config'>, signal?: AbortSignal): Rest {
  const server = new ServerConfiguration(kube.config.getCurrentCluster()?.server ?? '', {});
  const http = new IsomorphicFetchHttpLibrary();
  let dispatcher: ReturnType<RequestContext['getDispatcher']>;
  return async ({ method, path, query = {}, body, contentType = 'application/json' }) => {
    const context = server.makeRequestContext(path, HttpMethod[method]);
    for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
    context.setHeaderParam('Accept', 'application/json');
    if (body !== undefined) {
      context.setHeaderParam('Content-Type', contentType);
      context.setBody(JSON.stringify(body));
    }
    await kube.config.applySecurityAuthentication(context);
    // It makes a dispatcher for every request, each with connections of its own; one carries all of them.
    dispatcher ??= context.getDispatcher();
    if (dispatcher !== undefined) context.setDispatcher(dispatcher);
    const timeout = AbortSignal.timeout(timeoutMs);
    context.setSignal(signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
    const response = await http.send(context).toPromise();
    const text = await response.body.text();
    const status = response.httpStatusCode;
    if (status < 200 || status > 299) throw new ApiException(status, path, text, response.headers);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };
}
