import type { Json, JsonObject } from '../../json.ts';
import { nonEmpty, object } from '../values/json.ts';

/** A filter chain in the making: what connections it takes, and the filters they go through. */
export interface Chain {
  sniHosts: string[];
  /** IPs or CIDRs. */
  destinations: string[];
  /** What the HTTP inspector must have found; empty: anything. */
  applicationProtocols: string[];
  transportProtocol: string;
  filters: JsonObject[];
}

/** A chain that takes every connection. */
export function chainOf(filters: JsonObject[]): Chain {
  return {
    sniHosts: [],
    destinations: [],
    applicationProtocols: [],
    transportProtocol: '',
    filters,
  };
}

/** The same chain for what the HTTP inspector recognises as plain-text HTTP, so that TCP may share the port. */
export function forPlainHttp(chain: Chain): Chain {
  return { ...chain, applicationProtocols: ['http/1.1', 'h2c'], transportProtocol: 'raw_buffer' };
}

/** Whether nothing is left for other chains. */
export function takesAll(chain: Chain): boolean {
  return (
    (chain.sniHosts.length === 0 || chain.sniHosts.includes('*')) &&
    chain.destinations.length === 0 &&
    chain.applicationProtocols.length === 0 &&
    chain.transportProtocol === ''
  );
}

/** Whether two chains would take the same connections, which Envoy refuses. */
export function isSameMatch(a: Chain, b: Chain): boolean {
  return matchKey(a) === matchKey(b);
}

function matchKey(chain: Chain): string {
  if (takesAll(chain)) return 'all';
  const sorted = (list: string[]): string => [...list].sort().join(',');
  const { sniHosts, destinations, applicationProtocols, transportProtocol } = chain;
  const names = sniHosts.includes('*') ? [] : sniHosts;
  return JSON.stringify([
    sorted(names),
    sorted(destinations),
    sorted(applicationProtocols),
    transportProtocol,
  ]);
}

/** Envoy's FilterChain. */
export function filterChain(chain: Chain): JsonObject {
  return object({
    filterChainMatch: takesAll(chain) ? undefined : chainMatch(chain),
    filters: chain.filters,
    transportSocketConnectTimeout: '15s',
  });
}

function chainMatch(chain: Chain): Json {
  const names = chain.sniHosts.includes('*') ? [] : [...chain.sniHosts].sort();
  return object({
    prefixRanges: nonEmpty([...chain.destinations].sort().flatMap(cidr)),
    serverNames: nonEmpty(names),
    transportProtocol: chain.transportProtocol === '' ? undefined : chain.transportProtocol,
    applicationProtocols: nonEmpty(chain.applicationProtocols),
  });
}

function cidr(destination: string): JsonObject[] {
  const [addressPrefix = '', length = '32'] = destination.split('/');
  return addressPrefix === '0.0.0.0' ? [] : [{ addressPrefix, prefixLen: Number(length) }];
}
