import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import { type JsonObject, isObject } from '../../json.ts';
import type { EnvoyListener, EnvoyRouteConfiguration } from '../envoy.ts';
import { editList } from './edit-list.ts';
import { mergeAny } from './merge.ts';
import type { Patch, PatchContext } from './patches.ts';
import { patchRoutes } from './routes.ts';

const httpManager = 'envoy.filters.network.http_connection_manager';

/**
 * Applies the patches of the network and HTTP filters of a listener, and those of its inline routes.
 *
 * @param patches of the context only, in order
 */
export function patchListener(
  listener: EnvoyListener,
  patches: Patch[],
  context: PatchContext,
): EnvoyListener {
  const patchChain = (chain: JsonObject): JsonObject => {
    const mine = patches.filter((patch) => matchesChain(patch, listener, chain));
    const { filters, ...others } = chain;
    if (!isList(filters)) return chain;
    const patched = patchNetworkFilters(filters, mine).map((filter) =>
      patchManager(filter, mine, patches, context),
    );
    return patched.length > 0 ? { ...others, filters: patched } : others;
  };
  const patched: EnvoyListener = { ...listener };
  if (isList(listener.filterChains)) patched.filterChains = listener.filterChains.map(patchChain);
  if (isObject(listener.defaultFilterChain)) {
    patched.defaultFilterChain = patchChain(listener.defaultFilterChain);
  }
  return patched;
}

function patchNetworkFilters(filters: JsonObject[], patches: Patch[]): JsonObject[] {
  const mine = patches.filter((patch) => patch.applyTo === 'NETWORK_FILTER');
  const edited = mine.reduce((list, patch) => {
    const name = networkFilterName(patch);
    const matches = name === undefined ? undefined : (filter: JsonObject) => filter.name === name;
    return editList(list, patch.operation, patch.value, matches);
  }, filters);
  return edited.map((filter) => mergeFilter(filter, mine, networkFilterName));
}

/** The HTTP filters and inline routes of an HTTP connection manager; any other filter is left as it is. */
function patchManager(
  filter: JsonObject,
  patches: Patch[],
  all: Patch[],
  context: PatchContext,
): JsonObject {
  if (filter.name !== httpManager || !isObject(filter.typedConfig)) return filter;
  const manager = { ...filter.typedConfig };
  if (isList(manager.httpFilters)) {
    manager.httpFilters = patchHttpFilters(manager.httpFilters, patches);
  }
  if (isObject(manager.routeConfig)) {
    const routes = manager.routeConfig as EnvoyRouteConfiguration;
    manager.routeConfig = patchRoutes(routes, all, context);
  }
  return { ...filter, typedConfig: manager };
}

function patchHttpFilters(filters: JsonObject[], patches: Patch[]): JsonObject[] {
  const mine = patches.filter(
    (patch) =>
      patch.applyTo === 'HTTP_FILTER' &&
      [undefined, httpManager].includes(networkFilterName(patch)),
  );
  const edited = mine.reduce((list, patch) => {
    const name = httpFilterName(patch);
    const matches = name === undefined ? undefined : (filter: JsonObject) => filter.name === name;
    return editList(list, patch.operation, patch.value, matches);
  }, filters);
  return edited.map((filter) => mergeFilter(filter, mine, httpFilterName));
}

function mergeFilter(
  filter: JsonObject,
  patches: Patch[],
  nameOf: (patch: Patch) => string | undefined,
): JsonObject {
  return patches
    .filter((patch) => patch.operation === 'MERGE')
    .reduce((merged: JsonObject, patch) => {
      const { value, owner } = patch;
      // A patch may rename the filter, and the next ones go by its new name.
      if (![undefined, merged.name].includes(nameOf(patch))) return merged;
      if (!isObject(merged.typedConfig)) return merged;
      const name = value.name ?? merged.name ?? '';
      const typedConfig = isObject(value.typedConfig)
        ? mergeAny(merged.typedConfig, value.typedConfig, owner)
        : merged.typedConfig;
      return { ...merged, name, typedConfig };
    }, filter);
}

function chainMatchOf(patch: Patch): Record<string, unknown> {
  return asRecord(asRecord(patch.match.listener).filterChain);
}

function networkFilterName(patch: Patch): string | undefined {
  return asString(asRecord(chainMatchOf(patch).filter).name);
}

function httpFilterName(patch: Patch): string | undefined {
  return asString(asRecord(asRecord(chainMatchOf(patch).filter).subFilter).name);
}

/** Whether a patch means this listener and this chain; in Istio's virtual listeners the port is the chain's. */
function matchesChain(patch: Patch, listener: EnvoyListener, chain: JsonObject): boolean {
  const match = asRecord(patch.match.listener);
  if (match.name !== undefined && match.name !== listener.name) return false;
  const chainMatch = asRecord(chain.filterChainMatch);
  const isVirtual = listener.name === 'virtualInbound' || listener.name === 'virtualOutbound';
  const listens = asNumber(asRecord(asRecord(listener.address).socketAddress).portValue);
  const port = asNumber(match.portNumber) ?? 0;
  if (port !== 0 && port !== (isVirtual ? chainMatch.destinationPort : listens)) return false;
  const wanted = chainMatchOf(patch);
  if (wanted.name !== undefined && wanted.name !== chain.name) return false;
  if (wanted.sni !== undefined && !includes(chainMatch.serverNames, wanted.sni)) return false;
  if (
    wanted.transportProtocol !== undefined &&
    wanted.transportProtocol !== chainMatch.transportProtocol
  ) {
    return false;
  }
  const protocols = asString(wanted.applicationProtocols);
  if (protocols?.split(',').some((one) => !includes(chainMatch.applicationProtocols, one)))
    return false;
  return (
    wanted.destinationPort === undefined || wanted.destinationPort === chainMatch.destinationPort
  );
}

function includes(list: unknown, item: unknown): boolean {
  return Array.isArray(list) && list.includes(item);
}

function isList(value: unknown): value is JsonObject[] {
  return Array.isArray(value);
}
