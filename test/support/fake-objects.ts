import { asItStood, canonicalJson } from '../../src/cluster/lease/undo.ts';
import { ApiError } from '../../src/cluster/kube/errors.ts';
import type { KubeObject, ObjectRef, Objects } from '../../src/cluster/kube/objects.ts';

/** What a fake cluster is asked to do. */
export type FakeVerb = 'read' | 'list' | 'apply' | 'patch' | 'create' | 'replace' | 'remove';

/** A cluster in memory, with versions, uids and preconditions as the API server has them; server-side apply replaces the object. */
export interface FakeObjects extends Objects {
  /** Called before each request; may throw, or change the cluster as someone else would. */
  onRequest: (verb: FakeVerb, ref: ObjectRef) => void | Promise<void>;
  put(body: KubeObject): KubeObject;
  get(kind: string, name: string, namespace?: string): KubeObject | undefined;
  all(): KubeObject[];
}

const keyOf = ({ kind, metadata }: ObjectRef): string =>
  `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const clusterKinds = new Set(['Namespace', 'ClusterRole', 'CustomResourceDefinition']);

/** Makes an empty {@link FakeObjects} that knows every kind but `unknownKinds`. */
export function fakeObjects(unknownKinds: readonly string[] = []): FakeObjects {
  const store = new Map<string, KubeObject>();
  let version = 0;
  const conflict = (ref: ObjectRef): ApiError =>
    new ApiError(409, keyOf(ref), { message: 'conflict' });
  const missing = (ref: ObjectRef): ApiError =>
    new ApiError(404, keyOf(ref), { message: 'missing' });
  const put = (body: KubeObject): KubeObject => {
    const before = store.get(keyOf(body));
    version += 1;
    const uid = before?.metadata.uid ?? `uid-${version}`;
    const metadata = { ...body.metadata, uid, resourceVersion: String(version) };
    store.set(keyOf(body), structuredClone({ ...body, metadata }));
    return structuredClone({ ...body, metadata });
  };
  const same = (a: KubeObject, b: KubeObject): boolean =>
    canonicalJson(asItStood(a)) === canonicalJson(asItStood(b));
  const write = (body: KubeObject, before: KubeObject | undefined): KubeObject => {
    const { resourceVersion } = body.metadata;
    if (
      before &&
      resourceVersion !== undefined &&
      before.metadata.resourceVersion !== resourceVersion
    ) {
      throw conflict(body);
    }
    return before && same(before, body) ? structuredClone(before) : put(body);
  };
  const fake: FakeObjects = {
    onRequest: () => {},
    put,
    get: (kind, name, namespace) =>
      store.get(
        keyOf({
          apiVersion: '',
          kind,
          metadata: { name, ...(namespace !== undefined && { namespace }) },
        }),
      ),
    all: () => [...store.values()],
    async scopeOf(_, kind) {
      if (unknownKinds.includes(kind)) return 'unknown';
      return clusterKinds.has(kind) ? 'cluster' : 'namespaced';
    },
    async read(ref) {
      await fake.onRequest('read', ref);
      return structuredClone(store.get(keyOf(ref)));
    },
    async list({ kind, apiVersion }, namespace, labelSelector = '') {
      await fake.onRequest('list', { apiVersion, kind, metadata: { name: '' } });
      const wanted = labelSelector.split(',').filter((term) => term !== '');
      const fits = ({ metadata }: KubeObject): boolean =>
        wanted.every((term) => {
          const [key = '', value] = term.split('=');
          const found = metadata.labels?.[key];
          return value === undefined ? found !== undefined : found === value;
        });
      return [...store.values()]
        .filter(
          (one) =>
            one.kind === kind && (namespace === undefined || one.metadata.namespace === namespace),
        )
        .filter(fits)
        .map((one) => structuredClone(one));
    },
    async apply(body, { dryRun = false }) {
      await fake.onRequest('apply', body);
      return dryRun ? structuredClone(body) : write(body, store.get(keyOf(body)));
    },
    async create(body) {
      await fake.onRequest('create', body);
      if (store.has(keyOf(body))) throw conflict(body);
      return put(body);
    },
    async replace(body) {
      await fake.onRequest('replace', body);
      const before = store.get(keyOf(body));
      if (before === undefined) throw missing(body);
      return write(body, before);
    },
    async patch(ref, operations) {
      await fake.onRequest('patch', ref);
      const before = store.get(keyOf(ref));
      if (before === undefined) throw missing(ref);
      const patched = structuredClone(before);
      for (const operation of operations as { op: string; path: string; value: unknown }[]) {
        patchOne(patched, operation);
      }
      if (patched.metadata.resourceVersion !== before.metadata.resourceVersion) throw conflict(ref);
      return put(patched);
    },
    async remove(ref, precondition = {}) {
      await fake.onRequest('remove', ref);
      const before = store.get(keyOf(ref));
      if (before === undefined) return false;
      const { uid, resourceVersion } = before.metadata;
      if (precondition.uid !== undefined && precondition.uid !== uid) throw conflict(ref);
      if (
        precondition.resourceVersion !== undefined &&
        precondition.resourceVersion !== resourceVersion
      ) {
        throw conflict(ref);
      }
      return store.delete(keyOf(ref));
    },
  };
  return fake;
}

function patchOne(
  object: object,
  { op, path, value }: { op: string; path: string; value: unknown },
): void {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/'));
  const last = keys.pop() ?? '';
  const place = keys.reduce(
    (at, key) => (at[key] ?? {}) as Record<string, unknown>,
    object as Record<string, unknown>,
  );
  if (!(last in place) || (op === 'test' && place[last] !== value)) {
    throw new ApiError(422, path, { message: 'the patch does not fit' });
  }
  if (op === 'replace') place[last] = value;
}
