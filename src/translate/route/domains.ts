import type { MeshService } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import { compareText } from '../../compare-text.ts';
import { externalNameOf } from './destination.ts';

/** Names under which callers may address a service, and which of them are short forms that a real host of that name outranks. */
export interface ServiceDomains {
  domains: string[];
  short: Set<string>;
}

/**
 * The `Host` values of a service: its full name (also with a trailing dot), the short forms that resolve from the proxy's
 * namespace, the same of its aliases, every pod's name for a headless Service, and its addresses.
 */
export function serviceDomains(context: TranslateContext, service: MeshService): ServiceDomains {
  const domains: string[] = [];
  const short = new Set<string>();
  for (const host of [service.host, ...aliasesOf(context, service.host)]) {
    const others = otherForms(host, context.proxy.namespace);
    domains.push(host, ...others);
    for (const form of others) short.add(form);
  }
  if (service.resolution === 'passthrough' && service.origin === 'service') {
    domains.push(...domains.map((domain) => `*.${domain}`));
  }
  const address = context.addresses.clusterIp(service);
  if (address !== undefined) domains.push(address);
  return { domains, short };
}

const clusterSuffix = '.svc.cluster.local';

function otherForms(host: string, namespace: string): string[] {
  const forms = [`${host}.`];
  if (!host.endsWith(clusterSuffix)) return forms;
  const qualified = host.slice(0, -clusterSuffix.length);
  const [name = '', owner] = qualified.split(/\.(.*)/s);
  if (owner === undefined || owner === '') return forms;
  if (owner === namespace) forms.push(name, `${qualified}.svc`, qualified);
  else forms.push(qualified, `${qualified}.svc`);
  return forms;
}

/** ExternalName Services that stand for a host, through any number of hops. */
export function aliasesOf(context: TranslateContext, host: string): string[] {
  const aliases = context.services.filter((service) => service.resolution === 'alias');
  const targets = new Map(aliases.map((service) => [service.host, externalNameOf(service)]));
  return aliases
    .filter((service) => finalTarget(service.host, targets) === host)
    .sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.host, b.host))
    .map((service) => service.host);
}

/** Follows a chain of aliases; undefined when it runs in a circle. */
function finalTarget(host: string, targets: Map<string, string | undefined>): string | undefined {
  let current: string | undefined = host;
  for (let hops = 0; hops <= targets.size; hops += 1) {
    if (current === undefined || !targets.has(current)) return current;
    current = targets.get(current);
  }
  return undefined;
}
