import type { JsonObject } from '../../json.ts';
import { filterMetadataRule, tokenRule } from './claims.ts';
import {
  cidrRange,
  headerMatcher,
  isPathTemplate,
  pathTemplate,
  portNumber,
  quoteRegex,
  type RbacRule,
  regexMatcher,
  stringMatcher,
} from './matchers.ts';

/** What a rule is translated for. */
export interface RuleContext {
  /** Network filter (TCP) or HTTP filter: fields of a request cannot be matched in the former. */
  forTcp: boolean;
  /** Namespace of the policy: what a service account without one belongs to. */
  policyNamespace: string;
}

/**
 * One attribute of a policy: `match` gives Envoy's rule for one value; undefined when it cannot be said, which an
 * ALLOW rule answers by vanishing, and a DENY rule by matching more.
 */
export interface Attribute {
  part: 'permission' | 'principal';
  match(value: string, context: RuleContext): RbacRule | undefined;
  /** All values make one rule, in place of a choice between the rules of each. */
  matchAll?(values: string[], context: RuleContext): RbacRule | undefined;
}

/** A key of {@link attributes}. */
export type AttributeKey =
  | 'destination.ip'
  | 'destination.port'
  | 'connection.sni'
  | 'source.ip'
  | 'remote.ip'
  | 'source.namespace'
  | 'source.trustDomain'
  | 'source.serviceAccount'
  | 'source.principal'
  | 'request.auth.principal'
  | ':authority'
  | ':method'
  | ':path';

/** Attributes that `from.source`, `to.operation` and `when` share, by the key that `when` uses for them. */
export const attributes: Record<AttributeKey, Attribute> = {
  'destination.ip': {
    part: 'permission',
    match: (value) => wrap('destinationIp', cidrRange(value)),
  },
  'destination.port': {
    part: 'permission',
    match: (value) => wrap('destinationPort', portNumber(value)),
  },
  'connection.sni': {
    part: 'permission',
    match: (value) => ({ requestedServerName: stringMatcher(value) }),
  },
  'source.ip': { part: 'principal', match: (value) => wrap('directRemoteIp', cidrRange(value)) },
  'remote.ip': { part: 'principal', match: (value) => wrap('remoteIp', cidrRange(value)) },
  'source.namespace': {
    part: 'principal',
    match: (value) => {
      const namespace = value.split('*').map(quoteRegex).join('.*');
      return authenticated(regexMatcher(`.*/ns/${namespace}/.*`));
    },
  },
  'source.trustDomain': {
    part: 'principal',
    match: (value) => authenticated(trustDomainMatcher(value)),
  },
  'source.serviceAccount': {
    part: 'principal',
    match: (value, { policyNamespace }) =>
      authenticated(regexMatcher(serviceAccountRegex(value, policyNamespace))),
  },
  'source.principal': {
    part: 'principal',
    match: (value) => authenticated(stringMatcher(value, 'spiffe://')),
  },
  'request.auth.principal': tokenAttribute(tokenRule('request.auth.principal')),
  ':authority': {
    part: 'permission',
    match: (value, { forTcp }) =>
      forTcp ? undefined : { header: headerMatcher(':authority', value, true) },
  },
  ':method': {
    part: 'permission',
    match: (value, { forTcp }) =>
      forTcp ? undefined : { header: headerMatcher(':method', value) },
  },
  ':path': {
    part: 'permission',
    match: (value, { forTcp }) => (forTcp ? undefined : pathRule(value)),
  },
};

/** The attribute that a `when` key names; undefined for one that is not known. */
export function conditionAttribute(key: string): Attribute | undefined {
  const header = /^request\.headers\[(.*)\]$/.exec(key)?.[1];
  if (header !== undefined) {
    return {
      part: 'principal',
      match: (value, { forTcp }) => (forTcp ? undefined : { header: headerMatcher(header, value) }),
    };
  }
  if (key.startsWith('request.auth.')) {
    const rule = tokenRule(key);
    return rule === undefined ? undefined : tokenAttribute(rule);
  }
  const metadata = filterMetadataRule(key);
  if (metadata !== undefined) {
    return { part: 'permission', match: () => undefined, matchAll: metadata };
  }
  if (!/^(source|destination|connection|remote)\./.test(key)) return undefined;
  return (attributes as Record<string, Attribute>)[key];
}

/** A token comes with a request, so on TCP there is none to look at. */
function tokenAttribute(rule: ((values: string[]) => RbacRule) | undefined): Attribute {
  return {
    part: 'principal',
    match: () => undefined,
    matchAll: (values, { forTcp }) => (forTcp ? undefined : rule?.(values)),
  };
}

function pathRule(path: string): RbacRule {
  return isPathTemplate(path)
    ? { uriTemplate: pathTemplate(path) }
    : { urlPath: { path: stringMatcher(path) } };
}

function wrap(key: string, value: JsonObject | number | undefined): RbacRule | undefined {
  return value === undefined ? undefined : { [key]: value };
}

function authenticated(principalName: JsonObject): RbacRule {
  return { authenticated: { principalName } };
}

function trustDomainMatcher(value: string): JsonObject {
  if (value === '*') return { prefix: 'spiffe://' };
  const star = value.indexOf('*');
  if (star < 0) return { prefix: `spiffe://${value}/` };
  const before = quoteRegex(value.slice(0, star));
  return regexMatcher(`spiffe://${before}[^/]*${quoteRegex(value.slice(star + 1))}/.*`);
}

/** `NAME` or `NAMESPACE/NAME`; other key and value pairs of the SPIFFE id may stand in between and after. */
function serviceAccountRegex(value: string, policyNamespace: string): string {
  const slash = value.indexOf('/');
  const namespace = slash < 0 ? policyNamespace : value.slice(0, slash);
  const name = value.slice(slash + 1);
  return `spiffe://.+/ns/${quoteRegex(namespace)}/(.+/|)sa/${quoteRegex(name)}(/.+)?`;
}
