import { asRecord, asRecords, asString, asStrings } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import {
  type Attribute,
  attributes,
  type AttributeKey,
  conditionAttribute,
  type RuleContext,
} from './attributes.ts';
import type { RbacRule } from './matchers.ts';

/** Fields of `from[].source`, in the order in which Istio puts them before the conditions. */
const sourceFields: [AttributeKey, string][] = [
  ['source.principal', 'principals'],
  ['request.auth.principal', 'requestPrincipals'],
  ['source.serviceAccount', 'serviceAccounts'],
  ['source.trustDomain', 'trustDomains'],
  ['source.namespace', 'namespaces'],
  ['remote.ip', 'remoteIpBlocks'],
  ['source.ip', 'ipBlocks'],
];

/** Fields of `to[].operation`, likewise. */
const operationFields: [AttributeKey, string][] = [
  [':authority', 'hosts'],
  [':method', 'methods'],
  [':path', 'paths'],
  ['destination.port', 'ports'],
];

/** An attribute with the values that must, and must not, match. */
interface Term {
  attribute: Attribute;
  values: string[];
  notValues: string[];
}

/** A policy that matches nothing: what Istio writes for a policy without rules. */
export const neverPolicy: JsonObject = {
  permissions: [{ notRule: { any: true } }],
  principals: [{ notId: { any: true } }],
};

/**
 * Translates one rule of an AuthorizationPolicy to an `envoy.config.rbac.v3.Policy`. Undefined when Istio leaves the
 * rule out: an ALLOW rule with a field that cannot be matched (of a request, on a TCP port). A rule of another action
 * keeps what is left of it, and so matches more.
 */
export function rbacPolicy(
  rule: Record<string, unknown>,
  context: RuleContext,
  action: 'ALLOW' | 'DENY' | 'AUDIT',
): JsonObject | undefined {
  const conditions: Term[] = [];
  for (const when of asRecords(rule.when)) {
    const attribute = conditionAttribute(asString(when.key) ?? '');
    if (attribute === undefined) return undefined;
    conditions.push({
      attribute,
      values: asStrings(when.values),
      notValues: asStrings(when.notValues),
    });
  }
  const permissions = combine(
    asRecords(rule.to),
    'operation',
    operationFields,
    conditions,
    'permission',
  );
  const principals = combine(asRecords(rule.from), 'source', sourceFields, conditions, 'principal');
  const lenient = action !== 'ALLOW';
  const allowed = permissions.map((terms) => conjunction(terms, 'permission', context, lenient));
  const who = principals.map((terms) => conjunction(terms, 'principal', context, lenient));
  if ([...allowed, ...who].includes(undefined)) return undefined;
  return { permissions: allowed as RbacRule[], principals: who as RbacRule[] };
}

/** One list of terms for each entry of `from` or `to`; without entries, one that holds the conditions alone. */
function combine(
  entries: Record<string, unknown>[],
  field: string,
  fields: [AttributeKey, string][],
  conditions: Term[],
  part: Attribute['part'],
): Term[][] {
  const own = conditions.filter(({ attribute }) => attribute.part === part);
  if (entries.length === 0) return [own];
  return entries.map((entry) => {
    const match = asRecord(entry[field]);
    const terms = fields.map(([key, name]) => ({
      attribute: attributes[key],
      values: asStrings(match[name]),
      notValues: asStrings(match[`not${name[0]?.toUpperCase()}${name.slice(1)}`]),
    }));
    return [...terms, ...own];
  });
}

/** All terms must hold; within a term one of its values must, and none of its other ones. */
function conjunction(
  terms: Term[],
  part: Attribute['part'],
  context: RuleContext,
  lenient: boolean,
): RbacRule | undefined {
  const names =
    part === 'permission'
      ? { and: 'andRules', or: 'orRules', not: 'notRule', list: 'rules' }
      : { and: 'andIds', or: 'orIds', not: 'notId', list: 'ids' };
  const either = (attribute: Attribute, values: string[]): RbacRule | 'none' | 'unsaid' => {
    if (values.length === 0) return 'none';
    if (attribute.matchAll !== undefined) return attribute.matchAll(values, context) ?? 'unsaid';
    const rules = values.map((value) => attribute.match(value, context));
    const said = rules.filter((rule) => rule !== undefined);
    if (!lenient && said.length < rules.length) return 'unsaid';
    return said.length === 0 ? 'unsaid' : { [names.or]: { [names.list]: said } };
  };
  const all: RbacRule[] = [];
  for (const { attribute, values, notValues } of terms) {
    const wanted = either(attribute, values);
    const unwanted = either(attribute, notValues);
    if (!lenient && (wanted === 'unsaid' || unwanted === 'unsaid')) return undefined;
    if (typeof wanted !== 'string') all.push(wanted);
    if (typeof unwanted !== 'string') all.push({ [names.not]: unwanted });
  }
  return { [names.and]: { [names.list]: all.length > 0 ? all : [{ any: true }] } };
}
