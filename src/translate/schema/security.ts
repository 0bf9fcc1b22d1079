import { asRecord, asString, asStrings } from '../../manifests/fields.ts';
import { conditionAttribute } from '../authorization/attributes.ts';
import { cidrRange, portNumber } from '../authorization/matchers.ts';
import { has, matchLabels } from './common.ts';
import {
  boolean,
  duration,
  listOf,
  mapOf,
  objectOf,
  type ObjectCheck,
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
        timeout: duration,
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

/** Every list of a source or operation has members, none of them empty, and there is one. */
function checkFilled(value: Record<string, unknown>, report: Report, path: string): void {
  if (!Object.keys(value).some((field) => has(value, field))) report.invalid(path, 'is empty');
  for (const [field, list] of Object.entries(value)) checkNoEmpty(list, report, `${path}.${field}`);
}

function checkNoEmpty(list: unknown, report: Report, path: string): void {
  for (const [index, text] of asStrings(list).entries()) {
    if (text === '') report.invalid(`${path}[${index}]`, 'is empty');
  }
}

function checkServiceAccounts(list: unknown, report: Report, path: string): void {
  for (const [index, text] of asStrings(list).entries()) {
    if (/^[^/*]+(\/[^/*]+)?$/.test(text)) continue;
    report.invalid(
      `${path}[${index}]`,
      `must be NAME or NAMESPACE/NAME, not ${JSON.stringify(text)}`,
    );
  }
}

/** Braces are for `{*}`, one segment, and `{**}`, which comes last; a path with them has no other wildcard. */
function checkPathTemplates(list: unknown, report: Report, path: string): void {
  const segment = /^[-a-zA-Z0-9._~%!$&'()+,;:@=]+$/;
  for (const [index, text] of asStrings(list).entries()) {
    if (!/[{}]/.test(text)) continue;
    const segments = text.replace(/^\/+|\/+$/g, '').split('/');
    const isValid = segments.every(
      (one, position) =>
        one === '{*}' ||
        (one === '{**}' &&
          !segments.slice(position + 1).some((later) => /^\{\*+\}$/.test(later))) ||
        segment.test(one),
    );
    if (!isValid)
      report.invalid(`${path}[${index}]`, `is no path template: ${JSON.stringify(text)}`);
  }
}

function checkTrustDomains(list: unknown, report: Report, path: string): void {
  for (const [index, text] of asStrings(list).entries()) {
    if (/^\*?[^/*]*$|^[^/*]+\*$/.test(text)) continue;
    report.invalid(
      `${path}[${index}]`,
      `must be a trust domain with at most one * at either end, not ${JSON.stringify(text)}`,
    );
  }
}

function needsMember(field: string): ObjectCheck {
  return (value, report, path) => {
    if (value[field] === undefined) report.invalid(`${path}.${field}`, 'is missing');
  };
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
    checkFilled(value, report, path);
    const names = ['serviceAccounts', 'notServiceAccounts'].filter((field) => has(value, field));
    const others = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces'];
    for (const field of names) {
      checkServiceAccounts(value[field], report, `${path}.${field}`);
      if (others.some((other) => has(value, other)))
        report.invalid(`${path}.${field}`, 'may not stand beside principals or namespaces');
    }
    for (const field of ['trustDomains', 'notTrustDomains'])
      checkTrustDomains(value[field], report, `${path}.${field}`);
    for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks']) {
      checkEach(value[field], `${path}.${field}`, report, 'CIDR');
    }
  },
);

const operation: Schema = objectOf(
  withOpposites(['hosts', 'ports', 'methods', 'paths']),
  (value, report, path) => {
    checkFilled(value, report, path);
    for (const field of ['paths', 'notPaths'])
      checkPathTemplates(value[field], report, `${path}.${field}`);
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
    if (!has(value, 'values') && !has(value, 'notValues'))
      report.invalid(path, 'has neither values nor notValues');
    for (const field of ['values', 'notValues']) {
      checkNoEmpty(value[field], report, `${path}.${field}`);
      if (key === 'source.serviceAccount')
        checkServiceAccounts(value[field], report, `${path}.${field}`);
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
        from: listOf(objectOf({ source }, needsMember('source'))),
        to: listOf(objectOf({ operation }, needsMember('operation'))),
        when: listOf(condition),
      }),
    ),
  },
  (value, report, path) => {
    if (value.action !== 'DENY' || has(value, 'rules')) return;
    report.invalid(`${path}.rules`, 'a DENY policy needs rules; {} is the rule that denies all');
  },
);
