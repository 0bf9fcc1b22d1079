import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import { type JsonObject, isObject } from '../../json.ts';
import type { EnvoyCluster } from '../envoy.ts';
import { mergeAny, mergeMessage } from './merge.ts';
import { messageOf, type Patch } from './patches.ts';

/**
 * Applies the patches of one cluster; undefined when one removes it.
 *
 * @param patches of the cluster's context only, in order
 * @param hosts of the Services behind an inbound cluster, whose name has none
 */
export function patchCluster(
  cluster: EnvoyCluster,
  patches: Patch[],
  hosts: string[],
): EnvoyCluster | undefined {
  let patched = cluster;
  for (const patch of patches) {
    if (patch.applyTo !== 'CLUSTER' || patch.operation === 'ADD') continue;
    if (!matchesCluster(patch, patched.name, hosts)) continue;
    if (patch.operation === 'REMOVE') return undefined;
    patched = mergeCluster(patched, patch);
  }
  return patched;
}

function mergeCluster(
  cluster: EnvoyCluster,
  { applyTo, operation, value, owner }: Patch,
): EnvoyCluster {
  const replaceLists = operation === 'MERGE_AND_REPLACE_LIST';
  if (!isObject(value.transportSocket)) {
    return mergeMessage(messageOf(applyTo), cluster, value, replaceLists) as EnvoyCluster;
  }
  // A patch with a transport socket does nothing else: it is merged into the one there is.
  return mergeTransportSocket(cluster, value.transportSocket, owner);
}

function mergeTransportSocket(
  cluster: EnvoyCluster,
  socket: JsonObject,
  owner: string,
): EnvoyCluster {
  const { transportSocketMatches, transportSocket } = cluster;
  if (Array.isArray(transportSocketMatches)) {
    const matches = transportSocketMatches as JsonObject[];
    const index = matches.findIndex((one) => asRecord(one.transportSocket).name === socket.name);
    if (index < 0) return cluster;
    const merged = matches.map((one, position) =>
      position === index && isObject(one.transportSocket)
        ? { ...one, transportSocket: mergeSockets(one.transportSocket, socket, owner) }
        : one,
    );
    return { ...cluster, transportSocketMatches: merged };
  }
  const isSame = isObject(transportSocket) && transportSocket.name === socket.name;
  return {
    ...cluster,
    transportSocket: isSame ? mergeSockets(transportSocket, socket, owner) : socket,
  };
}

function mergeSockets(into: JsonObject, from: JsonObject, owner: string): JsonObject {
  if (!isObject(into.typedConfig) || !isObject(from.typedConfig)) return into;
  return { ...into, typedConfig: mergeAny(into.typedConfig, from.typedConfig, owner) };
}

function matchesCluster(patch: Patch, name: string, hosts: string[]): boolean {
  if (patch.match.cluster === undefined) return true;
  const match = asRecord(patch.match.cluster);
  if (asString(match.name) !== undefined) return match.name === name;
  const [direction, port = '', subset = '', host = ''] = name.split('|');
  const named = direction === 'inbound' && hosts.length > 0 ? hosts : [host];
  const service = asString(match.service);
  if (match.subset !== undefined && match.subset !== subset) return false;
  if (service !== undefined && !named.includes(service)) return false;
  const wanted = asNumber(match.portNumber) ?? 0;
  return wanted === 0 || wanted === Number(port);
}
