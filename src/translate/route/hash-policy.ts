import { asNumber, asRecord, asRecords, asString } from '../../manifests/fields.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import type { Destination } from '../policies/virtual-services.ts';
import { duration } from '../values/duration.ts';
import { nonEmpty, object } from '../values/json.ts';

/** `consistentHash` of the DestinationRule that applies to a route's destination: the most specific of its four places. */
export function hashOfDestination(
  context: TranslateContext,
  destination: Destination,
): Spec | undefined {
  const service = context.serviceOf(destination.host);
  const rule = service === undefined ? undefined : context.destinationRule(service);
  if (rule === undefined) return undefined;
  const subset = rule.subsets.find((one) => one.name === destination.subset);
  return (
    hashOfPort(subset?.trafficPolicy, destination.port) ??
    hashOf(subset?.trafficPolicy) ??
    hashOfPort(rule.trafficPolicy, destination.port) ??
    hashOf(rule.trafficPolicy)
  );
}

/** `consistentHash` that applies to a service's port where no VirtualService routes it. */
export function hashOfService(
  context: TranslateContext,
  service: { host: string; namespace: string },
  port: number,
): Spec | undefined {
  const policy = context.destinationRule(service)?.trafficPolicy;
  return hashOfPort(policy, port) ?? hashOf(policy);
}

function hashOfPort(policy: Spec | undefined, port: number | undefined): Spec | undefined {
  const setting = asRecords(policy?.portLevelSettings).find(
    (one) => port !== undefined && asNumber(asRecord(one.port).number) === port,
  );
  return hashOf(setting);
}

function hashOf(policy: Spec | undefined): Spec | undefined {
  const hash = asRecord(policy?.loadBalancer).consistentHash;
  return hash === undefined ? undefined : asRecord(hash);
}

/** What Envoy hashes, of a `consistentHash`: header, cookie, source IP or query parameter; empty when it names none. */
export function hashPolicies(hash: Spec | undefined): JsonObject[] {
  if (hash === undefined) return [];
  const header = asString(hash.httpHeaderName);
  if (header !== undefined) return [{ header: { headerName: header } }];
  if (hash.httpCookie !== undefined) return [{ cookie: cookieOf(asRecord(hash.httpCookie)) }];
  if (typeof hash.useSourceIp === 'boolean') {
    return [{ connectionProperties: hash.useSourceIp ? { sourceIp: true } : {} }];
  }
  const parameter = asString(hash.httpQueryParameterName);
  return parameter === undefined ? [] : [{ queryParameter: { name: parameter } }];
}

function cookieOf(cookie: Spec): JsonObject {
  const path = asString(cookie.path);
  const attributes = asRecords(cookie.attributes).map((one) =>
    object({ name: asString(one.name), value: asString(one.value) }),
  );
  return object({
    name: asString(cookie.name),
    ttl: duration(cookie.ttl),
    path: path === '' ? undefined : path,
    attributes: nonEmpty(attributes),
  });
}
