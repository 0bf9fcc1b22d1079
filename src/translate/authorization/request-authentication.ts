import { ofKind } from '../../manifests/build-world.ts';
import { asRecord, asRecords, asString, asStringMap, asStrings } from '../../manifests/fields.ts';
import { matchesLabels } from '../../manifests/select.ts';
import type { Resource } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { extension, nonEmpty, object } from '../values/json.ts';
import { compareText } from '../../compare-text.ts';
import { byAge } from '../values/order.ts';

/**
 * The HTTP filter that verifies JSON web tokens by the RequestAuthentications of a proxy (of the root namespace and
 * its own): a token that is there must be valid, one that is missing is for AuthorizationPolicy to refuse. Keys are
 * those given inline (`jwks`); none when no policy selects the proxy.
 */
export function jwtFilters(context: TranslateContext): JsonObject[] {
  const rules = jwtRulesOf(context);
  if (rules.length === 0) return [];
  const isGateway = context.proxy.type === 'gateway';
  const names = rules.map((_, index) => `origins-${index}`);
  const providers = rules.map((rule, index): [string, JsonObject] => [
    names[index] ?? '',
    jwtProvider(rule, isGateway),
  ]);
  const filter = extension(
    'envoy.filters.http.jwt_authn',
    'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
    {
      providers: Object.fromEntries(providers),
      rules: [{ match: { prefix: '/' }, requires: requirement(names) }],
      bypassCorsPreflight: true,
    },
  );
  return [filter];
}

function jwtRulesOf({ world, proxy }: TranslateContext): Spec[] {
  const policies = ofKind(world.resources, 'RequestAuthentication').filter((policy) => {
    const { namespace } = policy.metadata;
    if (namespace !== world.rootNamespace && namespace !== proxy.namespace) return false;
    const spec = asRecord(policy.body.spec);
    if (asRecords(spec.targetRefs).length > 0) return false;
    return matchesLabels(asStringMap(asRecord(spec.selector).matchLabels), proxy.labels);
  });
  const isRoot = ({ metadata }: Resource): boolean => metadata.namespace !== proxy.namespace;
  // Rules of one issuer keep this order: the proxy's own namespace comes before the root namespace.
  return policies
    .sort((a, b) => Number(isRoot(a)) - Number(isRoot(b)) || byAge(a, b))
    .flatMap((policy) => asRecords(asRecord(policy.body.spec).jwtRules))
    .sort((a, b) => compareText(asString(a.issuer) ?? '', asString(b.issuer) ?? ''));
}

function jwtProvider(rule: Spec, clearRouteCache: boolean): JsonObject {
  const payloadHeader = asString(rule.outputPayloadToHeader);
  const spaceDelimited = new Set([...asStrings(rule.spaceDelimitedClaims), 'permission', 'scope']);
  return object({
    issuer: asString(rule.issuer),
    audiences: nonEmpty(asStrings(rule.audiences)),
    localJwks: { inlineString: asString(rule.jwks) ?? '' },
    forward: rule.forwardOriginalToken === true ? true : undefined,
    fromHeaders: nonEmpty(
      asRecords(rule.fromHeaders).map((header) =>
        object({ name: asString(header.name), valuePrefix: asString(header.prefix) }),
      ),
    ),
    fromParams: nonEmpty(asStrings(rule.fromParams)),
    fromCookies: nonEmpty(asStrings(rule.fromCookies)),
    forwardPayloadHeader: payloadHeader === '' ? undefined : payloadHeader,
    payloadInMetadata: 'payload',
    normalizePayloadInMetadata: { spaceDelimitedClaims: [...spaceDelimited].sort(compareText) },
    claimToHeaders: nonEmpty(
      asRecords(rule.outputClaimToHeaders).map((claim) =>
        object({ headerName: asString(claim.header), claimName: asString(claim.claim) }),
      ),
    ),
    clearRouteCache: clearRouteCache ? true : undefined,
  });
}

/** Each provider's token, where it is there, must be valid; any one valid token is enough where they share a place. */
function requirement(names: string[]): JsonObject {
  const anyOf = (requirements: JsonObject[]): JsonObject => ({ requiresAny: { requirements } });
  const each = names.map((providerName) => anyOf([{ providerName }, { allowMissing: {} }]));
  if (each.length === 1 && each[0] !== undefined) return each[0];
  const all: JsonObject = { requiresAll: { requirements: each } };
  return anyOf([...names.map((providerName) => ({ providerName })), all]);
}
