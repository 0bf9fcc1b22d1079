import type { PortProtocol } from './world.ts';

/** Ports whose servers speak first, so that sniffing would break them: Istio takes them for TCP. */
const serverFirstPorts = new Set([25, 53, 3306, 27017]);

/** Names that Kubernetes itself defines for `appProtocol`. */
const kubernetesAppProtocols: Record<string, PortProtocol> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};

const named = new Map<string, PortProtocol>([
  ['tcp', 'tcp'],
  ['udp', 'udp'],
  ['grpc', 'grpc'],
  ['http', 'http'],
  ['http2', 'http2'],
  ['https', 'https'],
  ['tls', 'tls'],
  ['mongo', 'mongo'],
  ['redis', 'redis'],
  ['mysql', 'mysql'],
]);

/**
 * How Istio treats a Service's port: UDP by the transport, then `appProtocol`, then the name up to its first hyphen,
 * then TCP for well-known server-first ports, else sniffed (`auto`). Source: Istio, "Protocol Selection".
 */
export function portProtocol(port: {
  port: number;
  name: string;
  transport: string;
  appProtocol: string | undefined;
}): PortProtocol {
  if (port.transport === 'UDP') return 'udp';
  const standard = kubernetesAppProtocols[port.appProtocol ?? ''];
  if (standard !== undefined) return standard;
  return (
    protocolNamed(port.appProtocol ?? port.name) ??
    (serverFirstPorts.has(port.port) ? 'tcp' : 'auto')
  );
}

/** The protocol that a name such as `http-web` or `GRPC` stands for; undefined for any other name. */
export function protocolNamed(name: string): PortProtocol | undefined {
  const lower = name.toLowerCase();
  if (lower.startsWith('grpc-web')) return 'grpc-web';
  return named.get(lower.split('-')[0] ?? '');
}

/** Whether Envoy handles the port as HTTP from its first byte. */
export function isHttp(protocol: PortProtocol): boolean {
  return protocol === 'http' || isHttp2(protocol);
}

/** Whether upstream connections of the port speak HTTP/2. */
export function isHttp2(protocol: PortProtocol): boolean {
  return protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web';
}
