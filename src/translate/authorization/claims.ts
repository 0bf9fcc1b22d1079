import type { JsonObject } from '../../json.ts';
import { type RbacRule, regexMatcher, stringMatcher } from './matchers.ts';

const jwtFilter = 'envoy.filters.http.jwt_authn';

/**
 * Rules on a verified JSON web token, by what `when` calls them: `request.auth.principal`, `.audiences`,
 * `.presenter` and `.claims[A][B]`. All values of a condition make one rule. Undefined for any other key.
 */
export function tokenRule(key: string): ((values: string[]) => RbacRule) | undefined {
  if (key === 'request.auth.principal') return requestPrincipals;
  if (key === 'request.auth.audiences') return (values) => claimRule(['aud'], values);
  if (key === 'request.auth.presenter') return (values) => claimRule(['azp'], values);
  const path = /^request\.auth\.claims((\[[^[\]]+\])+)$/.exec(key)?.[1];
  if (path === undefined) return undefined;
  const claims = path.slice(1, -1).split('][');
  return (values) => claimRule(claims, values);
}

/** `ISSUER/SUBJECT`, either of which may be open at one end; the issuer may hold slashes itself. */
function requestPrincipals(values: string[]): RbacRule {
  const rules = values.map((value) => {
    const { issuer, subject } = splitPrincipal(value);
    return {
      andIds: {
        ids: [
          metadata(['iss'], { stringMatch: issuer }),
          metadata(['sub'], { stringMatch: subject }),
        ],
      },
    };
  });
  return rules.length === 1 && rules[0] !== undefined ? rules[0] : { orIds: { ids: rules } };
}

function splitPrincipal(value: string): { issuer: JsonObject; subject: JsonObject } {
  const anything = regexMatcher('.+');
  const slash = value.lastIndexOf('/');
  const [issuer, subject] =
    slash < 0 ? [value, ''] : [value.slice(0, slash), value.slice(slash + 1)];
  if (value === '*') return { issuer: anything, subject: anything };
  if (value.startsWith('*')) {
    if (slash < 0) return { issuer: anything, subject: { suffix: value.slice(1) } };
    const matcher = issuer === '*' ? anything : { suffix: issuer.slice(1) };
    return { issuer: matcher, subject: { exact: subject } };
  }
  if (value.endsWith('*')) {
    if (slash < 0) return { issuer: { prefix: value.slice(0, -1) }, subject: anything };
    const matcher = subject === '*' ? anything : { prefix: subject.slice(0, -1) };
    return { issuer: { exact: issuer }, subject: matcher };
  }
  return { issuer: { exact: issuer }, subject: { exact: subject } };
}

/** A claim may be one string or a list of them. */
function claimRule(claims: string[], values: string[]): RbacRule {
  const matchers = values.map((value): JsonObject => ({ stringMatch: stringMatcher(value) }));
  const value = anyOf(matchers);
  return metadata(claims, { orMatch: { valueMatchers: [{ listMatch: { oneOf: value } }, value] } });
}

/**
 * The rule of a condition `experimental.envoy.filters.FILTER[KEY]` on what an Envoy filter found out: a value in
 * brackets is looked for in a list. Undefined for any other key.
 */
export function filterMetadataRule(key: string): ((values: string[]) => RbacRule) | undefined {
  const [, filter, name] = /^experimental\.(envoy\.filters\.[^[]+)\[(.+)\]$/.exec(key) ?? [];
  if (filter === undefined || name === undefined) return undefined;
  return (values) => {
    const matchers = values.map((value): JsonObject => {
      const listed = /^\[(.*)\]$/.exec(value)?.[1];
      if (listed === undefined) return { stringMatch: stringMatcher(value) };
      return { listMatch: { oneOf: { stringMatch: stringMatcher(listed) } } };
    });
    return { metadata: { filter, path: [{ key: name }], value: anyOf(matchers) } };
  };
}

function anyOf(matchers: JsonObject[]): JsonObject {
  const [only] = matchers;
  return matchers.length === 1 && only !== undefined
    ? only
    : { orMatch: { valueMatchers: matchers } };
}

function metadata(claims: string[], value: JsonObject): RbacRule {
  const path = ['payload', ...claims].map((key) => ({ key }));
  return { metadata: { filter: jwtFilter, path, value } };
}
