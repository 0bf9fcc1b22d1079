import { WindtunnelError } from '../../errors.ts';
import { ofKind } from '../../manifests/build-world.ts';
import { asNumber, asRecord, asRecords, asString, asStringMap } from '../../manifests/fields.ts';
import { matchesLabels } from '../../manifests/select.ts';
import type { Resource } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import { type Json, type JsonObject, isObject } from '../../json.ts';
import { byAge } from '../values/order.ts';
import { canonical } from './canonical.ts';

/** What a patch can be applied to, and the message its value is. */
const messages = {
  CLUSTER: 'envoy.config.cluster.v3.Cluster',
  ROUTE_CONFIGURATION: 'envoy.config.route.v3.RouteConfiguration',
  VIRTUAL_HOST: 'envoy.config.route.v3.VirtualHost',
  HTTP_ROUTE: 'envoy.config.route.v3.Route',
  NETWORK_FILTER: 'envoy.config.listener.v3.Filter',
  HTTP_FILTER: 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
} as const;

/** A supported `applyTo`. */
export type ApplyTo = keyof typeof messages;

/** Operations by `applyTo`; others are not translated. */
const operations: Record<ApplyTo, readonly Operation[]> = {
  CLUSTER: ['MERGE', 'MERGE_AND_REPLACE_LIST', 'ADD', 'REMOVE'],
  ROUTE_CONFIGURATION: ['MERGE', 'MERGE_AND_REPLACE_LIST'],
  VIRTUAL_HOST: ['MERGE', 'MERGE_AND_REPLACE_LIST'],
  HTTP_ROUTE: [
    'MERGE',
    'MERGE_AND_REPLACE_LIST',
    'ADD',
    'INSERT_FIRST',
    'INSERT_BEFORE',
    'INSERT_AFTER',
    'REMOVE',
  ],
  NETWORK_FILTER: [
    'MERGE',
    'ADD',
    'INSERT_FIRST',
    'INSERT_BEFORE',
    'INSERT_AFTER',
    'REPLACE',
    'REMOVE',
  ],
  HTTP_FILTER: [
    'MERGE',
    'ADD',
    'INSERT_FIRST',
    'INSERT_BEFORE',
    'INSERT_AFTER',
    'REPLACE',
    'REMOVE',
  ],
};

/** A supported `patch.operation`. */
export type Operation =
  | 'MERGE'
  | 'MERGE_AND_REPLACE_LIST'
  | 'ADD'
  | 'INSERT_FIRST'
  | 'INSERT_BEFORE'
  | 'INSERT_AFTER'
  | 'REPLACE'
  | 'REMOVE';

/** Which half of which proxy a patch is for. */
export type PatchContext = 'SIDECAR_INBOUND' | 'SIDECAR_OUTBOUND' | 'GATEWAY';

/** One entry of `configPatches`, checked. */
export interface Patch {
  applyTo: ApplyTo;
  context: PatchContext | 'ANY';
  operation: Operation;
  /** `match`, whose parts depend on {@link Patch.applyTo}. */
  match: Record<string, unknown>;
  /** Canonical form; empty for REMOVE. */
  value: JsonObject;
  /** `NAMESPACE/NAME` of the EnvoyFilter, for messages; empty while it is only checked. */
  owner: string;
}

/** The message that a patch's value is. */
export function messageOf(applyTo: ApplyTo): string {
  return messages[applyTo];
}

/** Something in an EnvoyFilter that is not translated. */
export interface PatchProblem {
  /** Path from the resource's root on. */
  path: string;
  reason: string;
}

/** The patches in the `spec` of an EnvoyFilter, and what of them is not translated; `path` is where the spec is. */
export function readPatches(
  spec: Record<string, unknown>,
  path: string,
): { patches: Patch[]; problems: PatchProblem[] } {
  const patches: Patch[] = [];
  const problems: PatchProblem[] = [];
  for (const [index, entry] of asRecords(spec.configPatches).entries()) {
    const read = readPatch(entry, `${path}.configPatches[${index}]`);
    if ('reason' in read) problems.push(read);
    else patches.push(read);
  }
  return { patches, problems };
}

function readPatch(entry: Record<string, unknown>, path: string): Patch | PatchProblem {
  const applyTo = asString(entry.applyTo) ?? '';
  if (!isApplyTo(applyTo)) {
    return { path: `${path}.applyTo`, reason: `patches of ${applyTo} are not translated` };
  }
  const patch = asRecord(entry.patch);
  const operation = operations[applyTo].find((one) => one === patch.operation);
  if (operation === undefined) {
    const given = String(asString(patch.operation));
    return { path: `${path}.patch.operation`, reason: `${given} of ${applyTo} is not translated` };
  }
  const match = asRecord(entry.match);
  const context = asString(match.context) ?? 'ANY';
  if (!isContext(context)) {
    return { path: `${path}.match.context`, reason: `there is no ${context} proxy here` };
  }
  if (match.proxy !== undefined) {
    return {
      path: `${path}.match.proxy`,
      reason: 'matching by proxy version or metadata is not translated',
    };
  }
  try {
    const where = `${path}.patch.value`;
    const value =
      patch.value === undefined ? {} : canonical(messages[applyTo], patch.value as Json, where);
    if (applyTo === 'ROUTE_CONFIGURATION' && isObject(value) && sharedLimit in value) {
      const reason =
        'Istio writes it over a value that all routes share: which ones have it is chance';
      return { path: `${where}.${sharedLimit}`, reason };
    }
    return { applyTo, context, operation, match, value: isObject(value) ? value : {}, owner: '' };
  } catch (thrown) {
    const { message } = WindtunnelError.from(thrown);
    const [where, ...reason] = message.split(': ');
    return reason.length > 0
      ? { path: where ?? path, reason: reason.join(': ') }
      : { path: `${path}.patch.value`, reason: message };
  }
}

/** The one field of route configurations that istiod fills from a variable of its own, by reference. */
const sharedLimit = 'maxDirectResponseBodySizeBytes';

function isApplyTo(text: string): text is ApplyTo {
  return text in messages;
}

function isContext(text: string): text is Patch['context'] {
  return ['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY'].includes(text);
}

/**
 * The patches for a proxy, in the order in which they are applied: of the root namespace and its own, by priority,
 * then the root namespace's first, then the oldest first.
 */
export function patchesFor({ world, proxy }: TranslateContext): Patch[] {
  const priority = (filter: Resource): number => asNumber(asRecord(filter.body.spec).priority) ?? 0;
  const isRoot = (filter: Resource): boolean => filter.metadata.namespace === world.rootNamespace;
  return ofKind(world.resources, 'EnvoyFilter')
    .filter((filter) => {
      const { namespace } = filter.metadata;
      if (!isRoot(filter) && namespace !== proxy.namespace) return false;
      const selector = asRecord(asRecord(filter.body.spec).workloadSelector);
      return matchesLabels(asStringMap(selector.labels), proxy.labels);
    })
    .sort(
      (a, b) => priority(a) - priority(b) || Number(isRoot(b)) - Number(isRoot(a)) || byAge(a, b),
    )
    .flatMap((filter) => {
      const owner = `${filter.metadata.namespace}/${filter.metadata.name}`;
      const { patches } = readPatches(asRecord(filter.body.spec), 'spec');
      return patches.map((patch) => ({ ...patch, owner }));
    });
}
