import type { Json, JsonObject } from '../../../src/json.ts';
import { namespaces, portNumbers, resource, workloadLabels } from './names.ts';
import type { Random } from './random.ts';

/** A PeerAuthentication of the mesh, of a namespace or of a workload. */
export function peerAuthentication(random: Random, index: number): JsonObject {
  const mtls = (): JsonObject => ({
    mode: random.pick(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']),
  });
  const chosen = random.fields({
    selector: [0.5, () => ({ matchLabels: workloadLabels(random) })],
  });
  return resource(
    'PeerAuthentication',
    { name: `pa${index}`, namespace: random.pick(namespaces) },
    {
      ...chosen,
      ...random.fields({
        mtls: [0.85, mtls],
        portLevelMtls: [
          chosen.selector === undefined ? 0 : 0.4,
          () => Object.fromEntries(random.some(portNumbers, 1, 2).map((port) => [port, mtls()])),
        ],
      }),
    },
  );
}

/** A RequestAuthentication whose keys are inline. */
export function requestAuthentication(random: Random, index: number): JsonObject {
  return resource(
    'RequestAuthentication',
    { name: `ra${index}`, namespace: random.pick(namespaces) },
    {
      ...selector(random),
      jwtRules: random.list(1, random.pick([1, 1, 3]), () => jwtRule(random)),
    },
  );
}

/** A selector of a security resource, or none. */
export function selector(random: Random): JsonObject {
  const matchLabels = (): Json =>
    random.chance(0.2) ? { istio: 'ingressgateway' } : workloadLabels(random);
  return random.fields({ selector: [0.5, () => ({ matchLabels: matchLabels() })] });
}

function jwtRule(random: Random): JsonObject {
  return {
    issuer: random.pick(['https://issuer.example.com', 'z.example.com', 'a.example.com']),
    jwks: '{"keys":[]}',
    ...random.fields({
      audiences: [0.3, () => random.some(['shop', 'sales'], 1, 2)],
      fromHeaders: [
        0.3,
        () =>
          random.some<JsonObject>(
            [
              { name: 'x-jwt', prefix: 'JWT ' },
              { name: 'x-raw' },
              { name: 'Authorization', prefix: 'Bearer ' },
            ],
            1,
            2,
          ),
      ],
      fromParams: [0.2, () => ['token']],
      fromCookies: [0.2, () => ['session', 'other']],
      forwardOriginalToken: [0.3, () => random.chance(0.7)],
      outputPayloadToHeader: [0.2, () => 'x-payload'],
      outputClaimToHeaders: [
        0.2,
        () => [{ header: 'x-sub', claim: random.pick(['sub', 'nested.key']) }],
      ],
      spaceDelimitedClaims: [0.15, () => ['roles']],
      timeout: [0.1, () => '3s'],
    }),
  };
}
