import { ofKind } from '../../manifests/build-world.ts';
import { asRecord, asRecords, asString, asStringMap } from '../../manifests/fields.ts';
import { matchesLabels } from '../../manifests/select.ts';
import type { Resource } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import { neverPolicy, rbacPolicy } from './policy.ts';

/** In the order of their filters: audit sees all requests, a denial wins over an allowance. */
const actions = ['AUDIT', 'DENY', 'ALLOW'] as const;
type Action = (typeof actions)[number];

const httpFilter = {
  name: 'envoy.filters.http.rbac',
  type: 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC',
};
const networkFilter = {
  name: 'envoy.filters.network.rbac',
  type: 'type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC',
};

/** HTTP filters that enforce the AuthorizationPolicies of a proxy; none when no policy selects it. */
export function rbacHttpFilters(context: TranslateContext): JsonObject[] {
  return rbacFilters(context, false);
}

/** Network filters that enforce the AuthorizationPolicies of a proxy on TCP; none when no policy selects it. */
export function rbacNetworkFilters(context: TranslateContext): JsonObject[] {
  return rbacFilters(context, true);
}

/**
 * AuthorizationPolicies that apply to the proxy: of the root namespace and of its own, where the selector (if any)
 * matches its labels. Policies with `targetRefs` are for waypoints and Gateway API gateways, not for these proxies.
 */
function policiesFor({ world, proxy }: TranslateContext): Resource[] {
  return ofKind(world.resources, 'AuthorizationPolicy').filter((policy) => {
    const { namespace } = policy.metadata;
    if (namespace !== world.rootNamespace && namespace !== proxy.namespace) return false;
    const spec = asRecord(policy.body.spec);
    if (asRecords(spec.targetRefs).length > 0) return false;
    return matchesLabels(asStringMap(asRecord(spec.selector).matchLabels), proxy.labels);
  });
}

function rbacFilters(context: TranslateContext, forTcp: boolean): JsonObject[] {
  const policies = policiesFor(context);
  return actions.flatMap((action) => {
    const mine = policies.filter((policy) => actionOf(policy) === action);
    return mine.length === 0 ? [] : [rbacFilter(mine, action, forTcp)];
  });
}

function actionOf(policy: Resource): string {
  return asString(asRecord(policy.body.spec).action) ?? 'ALLOW';
}

function rbacFilter(policies: Resource[], action: Action, forTcp: boolean): JsonObject {
  const enforced = policies.filter((policy) => !isDryRun(policy));
  const shadow = policies.filter(isDryRun);
  const filter = forTcp ? networkFilter : httpFilter;
  // An absent set of shadow rules counts as one of action ALLOW, whatever the action of the others.
  const shadowPrefix: Record<Action, string> = {
    ALLOW: 'istio_dry_run_allow_',
    DENY: 'istio_dry_run_deny_',
    AUDIT: '',
  };
  const shadowRulesStatPrefix = shadowPrefix[shadow.length > 0 ? action : 'ALLOW'];
  return {
    name: filter.name,
    typedConfig: {
      '@type': filter.type,
      ...(enforced.length > 0 && { rules: rbacRules(enforced, action, forTcp) }),
      ...(shadow.length > 0 && { shadowRules: rbacRules(shadow, action, forTcp) }),
      ...(shadowRulesStatPrefix !== '' && { shadowRulesStatPrefix }),
      ...(forTcp && { statPrefix: 'tcp.' }),
    },
  };
}

/** Go's `strconv.ParseBool` decides what counts as true. */
function isDryRun(policy: Resource): boolean {
  const value = policy.metadata.annotations['istio.io/dry-run'] ?? '';
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value);
}

function rbacRules(policies: Resource[], action: Action, forTcp: boolean): JsonObject {
  const byName: JsonObject = {};
  for (const policy of policies) {
    const { namespace, name } = policy.metadata;
    const rules = asRecords(asRecord(policy.body.spec).rules);
    const policyName = (index: number): string => `ns[${namespace}]-policy[${name}]-rule[${index}]`;
    if (rules.length === 0) byName[policyName(0)] = neverPolicy;
    for (const [index, rule] of rules.entries()) {
      const made = rbacPolicy(rule, { forTcp, policyNamespace: namespace }, action);
      if (made !== undefined) byName[policyName(index)] = made;
    }
  }
  const envoyAction = { ALLOW: undefined, DENY: 'DENY', AUDIT: 'LOG' }[action];
  return {
    ...(envoyAction !== undefined && { action: envoyAction }),
    ...(Object.keys(byName).length > 0 && { policies: byName }),
  };
}
