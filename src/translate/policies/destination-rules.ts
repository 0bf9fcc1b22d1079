import { asRecord, asRecords, asString, asStringMap, asStrings } from '../../manifests/fields.ts';
import { ofKind } from '../../manifests/build-world.ts';
import { matchesLabels } from '../../manifests/select.ts';
import type { MeshService, Resource, World } from '../../manifests/world.ts';
import { mostSpecific, resolveHost } from '../values/hosts.ts';
import { byAge } from '../values/order.ts';
import type { Spec } from './virtual-service.ts';

/** One or more DestinationRules of one host and namespace, merged as Istio merges them. */
export interface DestinationRule {
  namespace: string;
  host: string;
  exportTo: Set<string>;
  /** Labels of `workloadSelector`; undefined: applies to every client. */
  selector: Record<string, string> | undefined;
  trafficPolicy: Spec | undefined;
  subsets: Subset[];
  /** What it was merged from, oldest first. */
  resources: Resource[];
}

/** A subset of a {@link DestinationRule}. */
export interface Subset {
  name: string;
  labels: Record<string, string>;
  trafficPolicy: Spec | undefined;
}

/** Rules by namespace; each list of a host has one entry per different `exportTo` or selector. */
type RulesByHost = Map<string, DestinationRule[]>;

/** Where a proxy looks for the rule of a service. */
export interface DestinationRuleIndex {
  /** All of a namespace's own rules, for proxies of that namespace. */
  local: Map<string, RulesByHost>;
  /** What a namespace offers to others. */
  exported: Map<string, RulesByHost>;
  /** Rules of the root namespace for itself alone. */
  rootLocal: RulesByHost;
  rootNamespace: string;
}

/** Indexes the DestinationRules of a world: those with a workloadSelector first, then the oldest first. */
export function destinationRuleIndex(world: World): DestinationRuleIndex {
  const index: DestinationRuleIndex = {
    local: new Map(),
    exported: new Map(),
    rootLocal: new Map(),
    rootNamespace: world.rootNamespace,
  };
  const sorted = ofKind(world.resources, 'DestinationRule').map(read);
  const rules = sorted.toSorted(
    (a, b) =>
      Number(a.selector === undefined) - Number(b.selector === undefined) || compareResources(a, b),
  );
  for (const rule of rules) {
    const { namespace, exportTo } = rule;
    const own = exportTo.size === 0 || ['*', '.', namespace].some((item) => exportTo.has(item));
    if (own) add(bucket(index.local, namespace), rule);
    const isPrivate = exportTo.size === 1 && (exportTo.has('.') || exportTo.has(namespace));
    if (!isPrivate) add(bucket(index.exported, namespace), rule);
    else if (namespace === world.rootNamespace) add(index.rootLocal, rule);
  }
  return index;
}

/**
 * The rule that a client applies to a service: of its own namespace, else of the service's, else of the root namespace;
 * within one the host that matches best; of those, one whose workloadSelector selects the client, else the last without.
 */
export function ruleFor(
  index: DestinationRuleIndex,
  service: Pick<MeshService, 'host' | 'namespace'>,
  client: { namespace: string; labels: Record<string, string> },
  direction: 'inbound' | 'outbound' = 'outbound',
): DestinationRule | undefined {
  let fallback: DestinationRule | undefined;
  for (const rule of candidates(index, service, client.namespace)) {
    if (rule.selector === undefined) fallback = rule;
    else if (
      direction === 'outbound' &&
      rule.namespace === client.namespace &&
      matchesLabels(rule.selector, client.labels)
    ) {
      return rule;
    }
  }
  return fallback;
}

function candidates(
  index: DestinationRuleIndex,
  service: Pick<MeshService, 'host' | 'namespace'>,
  clientNamespace: string,
): DestinationRule[] {
  const own =
    clientNamespace === index.rootNamespace ? index.rootLocal : index.local.get(clientNamespace);
  const local = own === undefined ? undefined : mostSpecific(service.host, own);
  if (local !== undefined) return local;
  for (const namespace of [service.namespace, index.rootNamespace]) {
    const offered = mostSpecific(
      service.host,
      index.exported.get(namespace) ?? new Map<string, DestinationRule[]>(),
    );
    const seen = (offered ?? []).filter(
      ({ exportTo }) => exportTo.size === 0 || exportTo.has('*') || exportTo.has(clientNamespace),
    );
    if (seen.length > 0) return seen;
  }
  return [];
}

function read(resource: Resource): DestinationRule {
  const spec = asRecord(resource.body.spec);
  const { namespace } = resource.metadata;
  const selector =
    spec.workloadSelector === undefined
      ? undefined
      : asStringMap(asRecord(spec.workloadSelector).matchLabels);
  return {
    namespace,
    host: resolveHost(asString(spec.host) ?? '', namespace),
    // A rule for some clients of a namespace is never offered to others.
    exportTo: new Set(selector === undefined ? asStrings(spec.exportTo) : ['.']),
    selector,
    trafficPolicy: spec.trafficPolicy === undefined ? undefined : asRecord(spec.trafficPolicy),
    subsets: asRecords(spec.subsets).map((subset) => ({
      name: asString(subset.name) ?? '',
      labels: asStringMap(subset.labels),
      trafficPolicy:
        subset.trafficPolicy === undefined ? undefined : asRecord(subset.trafficPolicy),
    })),
    resources: [resource],
  };
}

function compareResources(a: DestinationRule, b: DestinationRule): number {
  const [left, right] = [a.resources[0], b.resources[0]];
  return left === undefined || right === undefined ? 0 : byAge(left, right);
}

function bucket(index: Map<string, RulesByHost>, namespace: string): RulesByHost {
  const known = index.get(namespace) ?? new Map<string, DestinationRule[]>();
  index.set(namespace, known);
  return known;
}

/** Adds a rule to its host: merged into those it can be merged with, else beside them. */
function add(rules: RulesByHost, rule: DestinationRule): void {
  const list = rules.get(rule.host);
  if (list === undefined) {
    rules.set(rule.host, [rule]);
    return;
  }
  let separate = true;
  for (const [position, known] of list.entries()) {
    const equal = sameSet(known.exportTo, rule.exportTo);
    const wider = known.exportTo.size > 0 && isSuperset(rule.exportTo, known.exportTo);
    if (!equal && !wider) continue;
    separate = !equal;
    const bothSelect = known.selector !== undefined && rule.selector !== undefined;
    const selectSame = sameLabels(known.selector ?? {}, rule.selector ?? {});
    if (bothSelect && !selectSame) {
      separate = true;
      continue;
    }
    if (bothSelect || (known.selector === undefined && rule.selector === undefined))
      separate = false;
    list[position] = merge(known, rule);
  }
  if (separate) list.push(rule);
}

/** Subsets are joined, the first of a name wins; the first traffic policy wins as a whole. */
function merge(known: DestinationRule, added: DestinationRule): DestinationRule {
  const names = new Set(known.subsets.map((subset) => subset.name));
  return {
    ...known,
    subsets: [...known.subsets, ...added.subsets.filter((subset) => !names.has(subset.name))],
    trafficPolicy: known.trafficPolicy ?? added.trafficPolicy,
    resources: [...known.resources, ...added.resources],
  };
}

function isSuperset(outer: Set<string>, inner: Set<string>): boolean {
  return [...inner].every((item) => outer.has(item));
}

function sameSet(a: Set<string>, b: Set<string>): boolean {
  return a.size === b.size && isSuperset(a, b);
}

function sameLabels(a: Record<string, string>, b: Record<string, string>): boolean {
  return matchesLabels(a, b) && matchesLabels(b, a);
}
