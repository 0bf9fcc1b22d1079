import { asRecord, asString, asStrings } from '../../manifests/fields.ts';
import { conditionAttribute } from '../authorization/attributes.ts';
import { cidrRange, portNumber } from '../authorization/matchers.ts';
import { has, matchLabels } from './common.ts';
import {
  boolean,
  durationOrZero,
  listOf,
  mapOf,
  objectOf,
  oneOf,
  type Report,
  type Schema,
  string,
  unsupported,
} from './schema.ts';

/** `targetRef` and `targetRefs` of a policy. */
export const targetRefs: Schema = unsupported(
  'it is for waypoints and gateways of the Gateway API, which are not translated; use a selector',
);

const mtls: Schema = objectOf({ mode: oneOf(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']) });

/** `spec` of a PeerAuthentication. */
export const peerAuthentication: Schema = objectOf(
  { selector: matchLabels, mtls, portLevelMtls: mapOf(mtls) },
  (value, report, path) => {
    const labels = asRecord(asRecord(value.selector).matchLabels);
    if (has(value, 'portLevelMtls') && Object.keys(labels).length === 0) {
      report.invalid(`${path}.portLevelMtls`, 'needs a selector: it holds for workloads only');
    }
  },
);

const remoteKeys = unsupported(
  'the control plane would have to fetch keys; give them inline as jwks',
);

/** `spec` of a RequestAuthentication. */
export const requestAuthentication: Schema = objectOf({
  selector: matchLabels,
  targetRef: targetRefs,
  targetRefs,
  jwtRules: listOf(
    objectOf(
      {
        issuer: string,
        audiences: listOf(string),
        jwks: string,
        jwksUri: remoteKeys,
        jwks_uri: remoteKeys,
        fromHeaders: listOf(objectOf({ name: string, prefix: string })),
        fromParams: listOf(string),
        fromCookies: listOf(string),
        forwardOriginalToken: boolean,
        outputPayloadToHeader: string,
        outputClaimToHeaders: listOf(objectOf({ header: string, claim: string })),
        spaceDelimitedClaims: listOf(string),
        // How long fetching the keys may take: inline ones are there.
        timeout: durationOrZero,
      },
      (value, report, path) => {
        if (!['jwks', 'jwksUri', 'jwks_uri'].some((field) => has(value, field))) {
          report.unsupported(`${path}.jwks`, 'is missing: the keys must be given inline');
        }
      },
    ),
  ),
});

const values = listOf(string);

/** Lists of strings: each of the names, and the same with `not` in front. */
function withOpposites(names: string[]): Record<string, Schema> {
  const both = names.flatMap((name) => [name, `not${name[0]?.toUpperCase()}${name.slice(1)}`]);
  return Object.fromEntries(both.map((name) => [name, values]));
}

/** Reports the members of a list that are no address or CIDR, or no port. */
function checkEach(list: unknown, path: string, report: Report, wanted: 'CIDR' | 'port'): void {
  for (const [index, text] of asStrings(list).entries()) {
    const fits = (wanted === 'CIDR' ? cidrRange(text) : portNumber(text)) !== undefined;
    const name = wanted === 'CIDR' ? 'an address or CIDR' : 'a port';
    if (!fits) report.invalid(`${path}[${index}]`, `must be ${name}, not ${JSON.stringify(text)}`);
  }
}

const source: Schema = objectOf(
  withOpposites([
    'principals',
    'requestPrincipals',
    'serviceAccounts',
    'trustDomains',
    'namespaces',
    'ipBlocks',
    'remoteIpBlocks',
  ]),
  (value, report, path) => {
    for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks']) {
      checkEach(value[field], `${path}.${field}`, report, 'CIDR');
    }
  },
);

const operation: Schema = objectOf(
  withOpposites(['hosts', 'ports', 'methods', 'paths']),
  (value, report, path) => {
    for (const field of ['ports', 'notPorts']) {
      checkEach(value[field], `${path}.${field}`, report, 'port');
    }
  },
);

const condition: Schema = objectOf(
  { key: string, values, notValues: values },
  (value, report, path) => {
    const key = asString(value.key) ?? '';
    if (conditionAttribute(key) === undefined) {
      report.unsupported(`${path}.key`, `the condition ${key} is not translated`);
    }
    for (const field of ['values', 'notValues']) {
      if (key.endsWith('.ip')) checkEach(value[field], `${path}.${field}`, report, 'CIDR');
      if (key === 'destination.port') checkEach(value[field], `${path}.${field}`, report, 'port');
    }
  },
);

/** `spec` of an AuthorizationPolicy. */
export const authorizationPolicy: Schema = objectOf(
  {
    selector: matchLabels,
    targetRef: targetRefs,
    targetRefs,
    action: oneOf(['ALLOW', 'DENY', 'AUDIT'], {
      CUSTOM: 'external authorizers are part of the mesh configuration, which is not translated',
    }),
    provider: unsupported('external authorizers are not translated'),
    rules: listOf(
      objectOf({
        from: listOf(objectOf({ source })),
        to: listOf(objectOf({ operation })),
        when: listOf(condition),
      }),
    ),
  },
  (value, report, path) => {
    if (value.action !== 'DENY' || has(value, 'rules')) return;
    report.invalid(`${path}.rules`, 'a DENY policy needs rules; {} is the rule that denies all');
  },
);
