import {
  asNumber,
  asRecord,
  asRecords,
  asString,
  asStringMap,
  asStrings,
} from '../../manifests/fields.ts';
import type { Spec, VirtualService } from './virtual-service.ts';

/** Fields that a delegate's route takes from the route that delegates to it, where it has none of its own. */
const inherited = [
  'rewrite',
  'directResponse',
  'timeout',
  'retries',
  'fault',
  'mirror',
  'mirrorPercent',
  'mirror_percent',
  'mirrorPercentage',
  'corsPolicy',
  'mirrors',
  'headers',
];

/**
 * Replaces each route that delegates by the routes of its delegate, merged with it; VirtualServices without hosts exist
 * only for that and are left out. A route whose delegate isn't there, or isn't exported to it, is dropped, as Istio does.
 */
export function expandDelegates(all: VirtualService[]): VirtualService[] {
  const delegates = new Map(
    all.filter((one) => one.hosts.length === 0).map((one) => [one.key, one]),
  );
  return all
    .filter((one) => one.hosts.length > 0)
    .map((root) => ({
      ...root,
      http: root.http.flatMap((route) => expandRoute(route, root, delegates)),
    }));
}

function expandRoute(
  route: Spec,
  root: VirtualService,
  delegates: Map<string, VirtualService>,
): Spec[] {
  if (route.delegate === undefined) return [route];
  const named = asRecord(route.delegate);
  const namespace = asString(named.namespace) ?? '';
  const delegate = delegates.get(
    `${namespace === '' ? root.namespace : namespace}/${asString(named.name) ?? ''}`,
  );
  if (delegate === undefined) return [];
  if (!delegate.exportTo.has('*') && !delegate.exportTo.has(root.namespace)) return [];
  return delegate.http.flatMap((leaf) => mergeRoute(route, leaf));
}

function mergeRoute(root: Spec, leaf: Spec): Spec[] {
  const match = mergeMatches(asRecords(root.match), asRecords(leaf.match));
  if (match === undefined) return [];
  const merged: Spec = { ...leaf, name: joinNames(root.name, leaf.name) };
  if (match.length > 0) merged.match = match;
  for (const field of inherited) {
    if (merged[field] === undefined && root[field] !== undefined) merged[field] = root[field];
  }
  return [merged];
}

/** Undefined: the matches contradict each other, so that the route can never be reached. */
function mergeMatches(roots: Spec[], leaves: Spec[]): Spec[] | undefined {
  if (roots.length === 0) return leaves;
  if (leaves.length === 0) return roots;
  const merged: Spec[] = [];
  for (const leaf of leaves) {
    const compatible = roots.filter((root) => !contradicts(root, leaf));
    if (compatible.length === 0) return undefined;
    merged.push(...compatible.map((root) => mergeMatch(root, leaf)));
  }
  return merged;
}

function mergeMatch(root: Spec, leaf: Spec): Spec {
  const merged: Spec = { ...leaf };
  const name = joinNames(root.name, leaf.name);
  if (name !== undefined) merged.name = name;
  for (const field of [
    'uri',
    'scheme',
    'method',
    'authority',
    'port',
    'sourceNamespace',
    'gateways',
    'statPrefix',
  ]) {
    if (merged[field] === undefined && root[field] !== undefined) merged[field] = root[field];
  }
  for (const field of ['headers', 'withoutHeaders', 'queryParams', 'sourceLabels']) {
    const both = { ...asRecord(root[field]), ...asRecord(leaf[field]) };
    if (Object.keys(both).length > 0) merged[field] = both;
  }
  return merged;
}

function joinNames(root: unknown, leaf: unknown): string | undefined {
  const names = [asString(root), asString(leaf)].filter(
    (name) => name !== undefined && name !== '',
  );
  return names.length === 0 ? undefined : names.join('-');
}

function contradicts(root: Spec, leaf: Spec): boolean {
  if (
    ['uri', 'scheme', 'method', 'authority'].some((field) =>
      stringsContradict(root[field], leaf[field]),
    )
  ) {
    return true;
  }
  for (const field of ['headers', 'withoutHeaders', 'queryParams']) {
    const rootFields = asRecord(root[field]);
    const clash = Object.entries(asRecord(leaf[field])).some(([key, value]) =>
      stringsContradict(rootFields[key], value),
    );
    if (clash) return true;
  }
  if ((root.ignoreUriCase === true) !== (leaf.ignoreUriCase === true)) return true;
  const [rootPort, leafPort] = [asNumber(root.port) ?? 0, asNumber(leaf.port) ?? 0];
  if (rootPort > 0 && leafPort > 0 && rootPort !== leafPort) return true;
  const rootNamespace = asString(root.sourceNamespace) ?? '';
  if (rootNamespace !== '' && leaf.sourceNamespace !== rootNamespace) return true;
  const rootLabels = asStringMap(root.sourceLabels);
  const labelClash = Object.entries(asStringMap(leaf.sourceLabels)).some(
    ([key, value]) => rootLabels[key] !== undefined && rootLabels[key] !== value,
  );
  return labelClash || gatewaysContradict(asStrings(root.gateways), asStrings(leaf.gateways));
}

function gatewaysContradict(root: string[], leaf: string[]): boolean {
  return root.length > 0 && leaf.length > 0 && !leaf.every((gateway) => root.includes(gateway));
}

/** Whether the leaf's match is not within the root's: regexes cannot be compared, so any beside another contradicts. */
function stringsContradict(root: unknown, leaf: unknown): boolean {
  if (root === undefined || leaf === undefined) return false;
  const [outer, inner] = [asRecord(root), asRecord(leaf)];
  if (outer.regex !== undefined || inner.regex !== undefined) return true;
  if (typeof outer.exact === 'string' && outer.exact !== '') return inner.exact !== outer.exact;
  if (typeof outer.prefix === 'string' && outer.prefix !== '') {
    const value = asString(inner.prefix) ?? asString(inner.exact);
    return value === undefined || !value.startsWith(outer.prefix);
  }
  return true;
}
