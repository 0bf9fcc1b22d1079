/** Whether a host begins with `*`. */
export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** A host of one label is that Service in the resource's own namespace; anything with a dot, and `*`, stays as it is. */
export function resolveHost(host: string, namespace: string): string {
  if (host === '' || host === '*' || host.includes('.')) return host;
  return `${host}.${namespace}.svc.cluster.local`;
}

/** A gateway as VirtualServices name it (`NAME`, `NAMESPACE/NAME`, `./NAME`, or the old `NAME.NAMESPACE.svc…`) as `NAMESPACE/NAME`; `mesh` stays. */
export function resolveGateway(gateway: string, namespace: string): string {
  if (gateway === 'mesh') return gateway;
  if (gateway.startsWith('./')) return `${namespace}/${gateway.slice(2)}`;
  if (gateway.includes('/')) return gateway;
  const [name = '', owner] = gateway.split('.');
  return `${owner ?? namespace}/${name}`;
}

/** Whether two hosts overlap, either of which may be a wildcard: `*.com` and `a.com` do. */
export function hostsOverlap(a: string, b: string): boolean {
  return isSubset(a, b) || isSubset(b, a);
}

/** Whether every name that `inner` stands for is one that `outer` stands for. */
export function isSubset(inner: string, outer: string): boolean {
  if (!isWildcard(outer)) return inner === outer;
  if (!isWildcard(inner)) return inner.endsWith(outer.slice(1));
  return inner.length >= outer.length && inner.slice(1).endsWith(outer.slice(1));
}

/** The value whose key is the host itself, else that of the longest wildcard that covers it; undefined when none does. */
export function mostSpecific<T>(host: string, byHost: Map<string, T>): T | undefined {
  const exact = byHost.get(host);
  if (exact !== undefined) return exact;
  let best: string | undefined;
  const name = isWildcard(host) ? host.slice(1) : host;
  for (const candidate of byHost.keys()) {
    if (!isWildcard(candidate) || !name.endsWith(candidate.slice(1))) continue;
    if (best === undefined || isMoreSpecific(candidate, best)) best = candidate;
  }
  return best === undefined ? undefined : byHost.get(best);
}

function isMoreSpecific(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length > b.length;
}
