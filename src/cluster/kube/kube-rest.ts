import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  type RequestContext,
  ServerConfiguration,
} from '@kubernetes/client-node';
import type { Kube } from './client.ts';
import { ApiError } from './errors.ts';
import { type Objects, objectsOver } from './objects.ts';
import { type Rest, restTimeoutMs } from './rest.ts';

/** Access to the objects of a cluster; `signal` ends what is under way. */
export function createObjects(kube: Pick<Kube, 'config'>, signal?: AbortSignal): Objects {
  return objectsOver(createRest(kube, signal));
}

/**
 * Requests with the credentials of a {@link Kube}, without the models of client-node's own clients: those drop every
 * field that they don't know, and what is put back must be what stood, byte by byte.
 */
function createRest(kube: Pick<Kube, 'config'>, signal?: AbortSignal): Rest {
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
    const timeout = AbortSignal.timeout(restTimeoutMs);
    context.setSignal(signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
    const response = await http.send(context).toPromise();
    const text = await response.body.text();
    const status = response.httpStatusCode;
    if (status < 200 || status > 299) throw new ApiError(status, path, text);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };
}
