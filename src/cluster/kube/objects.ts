import { asRecords } from '../../manifests/fields.ts';
import { fieldManager } from '../labels.ts';
import { ApiError, statusOf } from './errors.ts';
import type { Rest } from './rest.ts';

/** An object as the API server writes it. */
export interface KubeObject extends Record<string, unknown> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMetadata;
}

/** The part of an object's metadata that is read here; the rest is kept. */
export interface ObjectMetadata extends Record<string, unknown> {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  resourceVersion?: string;
  uid?: string;
  managedFields?: ManagedFields[];
}

/** Which fields of an object a manager set: an item of `metadata.managedFields`. */
export interface ManagedFields {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

/** What names an object. */
export interface ObjectRef {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** What an object must be for a change to happen: whoever changed it in between gets `409`, and reads again. */
export interface Precondition {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

/** Objects of any kind, as JSON. Failures reject with an `ApiError`; see `kubeError`. */
export interface Objects {
  /** Whether the cluster knows a kind, and where its objects lie. */
  scopeOf(apiVersion: string, kind: string): Promise<'namespaced' | 'cluster' | 'unknown'>;
  /** The object; undefined when there is none, or no such kind. */
  read(ref: ObjectRef): Promise<KubeObject | undefined>;
  /** All objects of a kind with the labels; empty when there is no such kind. */
  list(
    kind: { apiVersion: string; kind: string },
    namespace: string | undefined,
    labelSelector?: string,
  ): Promise<KubeObject[]>;
  /** Server-side apply as {@link fieldManager}. `force` takes fields over that others manage. */
  apply(body: KubeObject, options: { force: boolean; dryRun?: boolean }): Promise<KubeObject>;
  /** JSON patch (RFC 6902). */
  patch(ref: ObjectRef, operations: object[]): Promise<KubeObject>;
  create(body: KubeObject): Promise<KubeObject>;
  /** Puts the whole object; its `metadata.resourceVersion` is the precondition. */
  replace(body: KubeObject): Promise<KubeObject>;
  /** False when it was not there. */
  remove(ref: ObjectRef, precondition?: Precondition): Promise<boolean>;
}

const forgottenMs = 5000;

/** {@link Objects} over any way to send requests. */
export function objectsOver(rest: Rest): Objects {
  const paths = createPaths(rest);
  const send = async (
    ref: ObjectRef,
    request: Omit<Parameters<Rest>[0], 'path'>,
  ): Promise<KubeObject> => {
    const path = await paths.of(ref, request.method !== 'POST');
    return (await rest({ ...request, path })) as KubeObject;
  };
  return {
    async scopeOf(apiVersion, kind) {
      const known = await paths.resource(apiVersion, kind);
      if (known === undefined) return 'unknown';
      return known.namespaced ? 'namespaced' : 'cluster';
    },
    read: (ref) => unlessMissing(send(ref, { method: 'GET' })),
    async list({ apiVersion, kind }, namespace, labelSelector) {
      const path = await paths.ofKind(apiVersion, kind, namespace);
      if (path === undefined) return [];
      const query: Record<string, string> = labelSelector === undefined ? {} : { labelSelector };
      const found = await unlessMissing(rest({ method: 'GET', path, query }));
      const items = asRecords((found as { items?: unknown } | undefined)?.items);
      // Items of a list carry neither apiVersion nor kind.
      return items.map((item) => ({ ...item, apiVersion, kind }) as KubeObject);
    },
    apply: (body, { force, dryRun = false }) =>
      send(body, {
        method: 'PATCH',
        query: { fieldManager, force: `${force}`, ...(dryRun && { dryRun: 'All' }) },
        contentType: 'application/apply-patch+yaml',
        body,
      }),
    patch: (ref, operations) =>
      send(ref, {
        method: 'PATCH',
        query: { fieldManager },
        contentType: 'application/json-patch+json',
        body: operations,
      }),
    create: (body) => send(body, { method: 'POST', query: { fieldManager }, body }),
    replace: (body) => send(body, { method: 'PUT', query: { fieldManager }, body }),
    async remove(ref, preconditions) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(preconditions && { preconditions }),
      };
      return (await unlessMissing(send(ref, { method: 'DELETE', body }))) !== undefined;
    },
  };
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw thrown;
  }
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

interface Paths {
  resource(apiVersion: string, kind: string): Promise<ApiResource | undefined>;
  /** Where a kind's objects are listed; undefined when the cluster doesn't know it. */
  ofKind(apiVersion: string, kind: string, namespace?: string): Promise<string | undefined>;
  of(ref: ObjectRef, withName: boolean): Promise<string>;
}

/** Paths of objects, from what the API server says of its kinds; what it doesn't know is asked again after a while. */
function createPaths(rest: Rest): Paths {
  const groups = new Map<string, { askedMs: number; resources: Promise<ApiResource[]> }>();
  const rootOf = (apiVersion: string): string =>
    apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const ask = async (apiVersion: string): Promise<ApiResource[]> => {
    const found = await unlessMissing(rest({ method: 'GET', path: rootOf(apiVersion) }));
    const resources = (found as { resources?: ApiResource[] } | undefined)?.resources ?? [];
    return resources.filter(({ name }) => !name.includes('/'));
  };
  const resource = async (apiVersion: string, kind: string): Promise<ApiResource | undefined> => {
    for (;;) {
      let known = groups.get(apiVersion);
      const fresh = known === undefined;
      if (known === undefined) {
        known = { askedMs: performance.now(), resources: ask(apiVersion) };
        groups.set(apiVersion, known);
      }
      try {
        const found = (await known.resources).find((one) => one.kind === kind);
        if (found !== undefined || fresh) return found;
      } catch (thrown) {
        groups.delete(apiVersion);
        throw thrown;
      }
      // A CRD may have come since; a flood of questions for one that doesn't is held back.
      if (performance.now() - known.askedMs < forgottenMs) return undefined;
      groups.delete(apiVersion);
    }
  };
  const ofKind: Paths['ofKind'] = async (apiVersion, kind, namespace) => {
    const found = await resource(apiVersion, kind);
    if (found === undefined) return undefined;
    const inside =
      found.namespaced && namespace !== undefined
        ? `/namespaces/${encodeURIComponent(namespace)}`
        : '';
    return `${rootOf(apiVersion)}${inside}/${found.name}`;
  };
  return {
    resource,
    ofKind,
    async of({ apiVersion, kind, metadata }, withName) {
      const path = await ofKind(apiVersion, kind, metadata.namespace);
      if (path === undefined) throw new ApiError(404, kind, unknownKind(apiVersion, kind));
      return withName ? `${path}/${encodeURIComponent(metadata.name)}` : path;
    },
  };
}

function unknownKind(apiVersion: string, kind: string): object {
  return { message: `the cluster knows no kind ${kind} of ${apiVersion}` };
}
