import { asRecord, asRecords, asString, asStringMap } from './fields.ts';
import { readQuantity } from './quantity.ts';
import type { EnvironmentVariable, Resource } from './world.ts';

/** A container's `envFrom` and `env`, with ConfigMaps and Secrets looked up among the manifests. Later entries win, as in Kubernetes. */
export function readEnvironment(
  container: Record<string, unknown>,
  owner: Resource,
  resources: Resource[],
): EnvironmentVariable[] {
  const namespace = owner.metadata.namespace;
  const variables = new Map<string, EnvironmentVariable>();
  for (const source of asRecords(container.envFrom)) {
    const prefix = asString(source.prefix) ?? '';
    const [kind, reference] =
      source.secretRef === undefined
        ? ['ConfigMap', asRecord(source.configMapRef)]
        : ['Secret', asRecord(source.secretRef)];
    const data = dataOf(
      kind as 'ConfigMap' | 'Secret',
      asString(reference.name) ?? '',
      namespace,
      resources,
    );
    if (data === undefined && reference.optional !== true) {
      const wanted = `envFrom ${kind} ${namespace}/${asString(reference.name) ?? ''}`;
      variables.set(wanted, { name: wanted, value: '', unknown: 'not among the manifests' });
    }
    for (const [key, value] of Object.entries(data ?? {})) {
      variables.set(prefix + key, { name: prefix + key, value });
    }
  }
  for (const entry of asRecords(container.env)) {
    const variable = readVariable(entry, container, namespace, resources);
    if (variable !== undefined) variables.set(variable.name, variable);
  }
  return [...variables.values()];
}

function readVariable(
  entry: Record<string, unknown>,
  container: Record<string, unknown>,
  namespace: string,
  resources: Resource[],
): EnvironmentVariable | undefined {
  const name = asString(entry.name) ?? '';
  if (entry.valueFrom === undefined) {
    const value = entry.value ?? '';
    if (typeof value === 'string') return { name, value };
    return {
      name,
      value: '',
      unknown: `value must be a string, not ${JSON.stringify(value)}: put it in quotes`,
    };
  }
  const from = asRecord(entry.valueFrom);
  if (from.fieldRef !== undefined) {
    return { name, value: '', from: asString(asRecord(from.fieldRef).fieldPath) ?? '' };
  }
  if (from.resourceFieldRef !== undefined) {
    return { name, ...resourceField(asRecord(from.resourceFieldRef), container) };
  }
  for (const [field, kind] of [
    ['configMapKeyRef', 'ConfigMap'],
    ['secretKeyRef', 'Secret'],
  ] as const) {
    if (from[field] === undefined) continue;
    const reference = asRecord(from[field]);
    const key = asString(reference.key) ?? '';
    const value = dataOf(kind, asString(reference.name) ?? '', namespace, resources)?.[key];
    if (value !== undefined) return { name, value };
    if (reference.optional === true) return undefined;
    const wanted = `${kind} ${namespace}/${asString(reference.name) ?? ''}, key ${key}`;
    return { name, value: '', unknown: `${wanted}: not among the manifests` };
  }
  return {
    name,
    value: '',
    unknown: `valueFrom ${Object.keys(from).join(', ')} is not known here`,
  };
}

/**
 * `limits.cpu` and the like, in units of `divisor`, rounded up, as Kubernetes hands them on. A limit that is not given is
 * the node's capacity, which no manifest tells.
 */
function resourceField(
  reference: Record<string, unknown>,
  container: Record<string, unknown>,
): Pick<EnvironmentVariable, 'value' | 'unknown'> {
  const [list = '', resource = ''] = (asString(reference.resource) ?? '').split('.');
  const given = asRecord(asRecord(container.resources)[list])[resource];
  const amount = readQuantity(given);
  const divisor = readQuantity(reference.divisor ?? 1);
  if (amount !== undefined && divisor !== undefined) {
    return { value: String(Math.ceil(amount / (divisor === 0 ? 1 : divisor))) };
  }
  const wanted = `resources.${list}.${resource}`;
  const why =
    given === undefined ? 'not given' : `${JSON.stringify(given)} or its divisor is no quantity`;
  return { value: '', unknown: `${wanted} of the container: ${why}` };
}

function dataOf(
  kind: 'ConfigMap' | 'Secret',
  name: string,
  namespace: string,
  resources: Resource[],
): Record<string, string> | undefined {
  const found = resources.find(
    (resource) =>
      resource.kind === kind &&
      resource.metadata.name === name &&
      resource.metadata.namespace === namespace,
  );
  if (found === undefined) return undefined;
  if (kind === 'ConfigMap') return asStringMap(found.body.data);
  const encoded = Object.entries(asStringMap(found.body.data)).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return { ...Object.fromEntries(encoded), ...asStringMap(found.body.stringData) };
}
