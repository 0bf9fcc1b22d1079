import type { Json, JsonObject } from '../../../src/json.ts';
import { resource } from './names.ts';
import type { Random } from './random.ts';

/** A Gateway named `edge` or `inner`, to which generated VirtualServices bind. */
export function gateway(random: Random, index: number): JsonObject {
  return resource(
    'Gateway',
    {
      name: ['edge', 'edge', 'inner', `gw${index}`][index] ?? `gw${index}`,
      namespace: index === 0 ? 'istio-system' : random.pick(['shop', 'istio-system']),
    },
    {
      selector: random.pick<JsonObject>([
        { istio: 'ingressgateway' },
        { istio: 'ingressgateway' },
        { istio: 'ingressgateway' },
        { app: 'gate' },
        {},
      ]),
      servers: random.list(1, random.pick([1, 2, 3]), () => server(random)),
    },
  );
}

function server(random: Random): JsonObject {
  const ports: JsonObject[] = [
    { number: 80, name: 'http', protocol: 'HTTP' },
    { number: 80, name: 'http-other', protocol: 'HTTP' },
    { number: 8080, name: 'alt', protocol: random.pick(['HTTP', 'HTTP2', 'GRPC']) },
    { number: 9000, name: 'tcp', protocol: random.pick(['TCP', 'MONGO', 'HTTP']) },
    { number: 31400, name: 'raw', protocol: 'TCP' },
  ];
  const port = random.pick(ports);
  const isHttp = ['HTTP', 'HTTP2', 'GRPC'].includes(String(port.protocol));
  return {
    port,
    hosts: hosts(random),
    ...random.fields({
      name: [0.1, () => `server${random.integer(0, 9)}`],
      ...(isHttp && { tls: [0.12, () => ({ httpsRedirect: random.chance(0.8) })] as const }),
    }),
  };
}

function hosts(random: Random): Json {
  const choices = [
    '*',
    'shop/*',
    './*',
    '*/shop.example.com',
    'shop.example.com',
    '*.example.com',
    'sales/*.example.com',
    'users.shop.svc.cluster.local',
    '~/api.example.com',
    'api.example.com',
  ];
  return random.some(choices, 1, random.pick([1, 1, 3]));
}
