import type { TranslateContext } from '../context.ts';
import type { VirtualService } from '../policies/virtual-service.ts';
import { isExportedTo } from '../policies/visibility.ts';
import { isSubset } from '../values/hosts.ts';

/** VirtualServices bound to a gateway that the proxy's namespace sees: those that name the namespace first, then public ones. */
export function boundTo(
  { virtualServices, proxy }: TranslateContext,
  gateway: string,
): VirtualService[] {
  const bound = virtualServices.filter((service) => service.gateways.includes(gateway));
  const isPublic = (service: VirtualService): boolean => service.exportTo.has('*');
  const named = bound.filter(
    (service) =>
      !isPublic(service) && isExportedTo(service.exportTo, service.namespace, proxy.namespace),
  );
  return [
    ...named.filter((service) => service.namespace === proxy.namespace),
    ...named.filter((service) => service.namespace !== proxy.namespace),
    ...bound.filter(isPublic),
  ];
}

/** Hosts that a server and a VirtualService have in common, the narrower one where a wildcard covers the other. */
export function commonHosts(serverHosts: string[], service: VirtualService): string[] {
  const offered = serverHosts.flatMap((host) => {
    const slash = host.indexOf('/');
    if (slash < 0) return [host];
    return host.slice(0, slash) === service.namespace ? [host.slice(slash + 1)] : [];
  });
  const found = new Set<string>();
  for (const server of offered) {
    for (const own of service.hosts) {
      if (isSubset(server, own)) found.add(server);
      else if (isSubset(own, server)) found.add(own);
    }
  }
  return [...found];
}
