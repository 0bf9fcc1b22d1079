import type { MutualTlsMode } from '../policies/peer-authentication.ts';

/** What a port is taken for: `auto` is told from the first bytes. */
export type ChainProtocol = 'http' | 'tcp' | 'auto';

/** One filter chain of a port: which connections it takes, and what it does with them. */
export interface ChainMatch {
  /** What goes through: an HTTP connection manager or a TCP proxy. */
  protocol: 'http' | 'tcp';
  transport: 'tls' | 'raw_buffer';
  /** ALPN names; empty: any. */
  alpn: readonly string[];
  /** Whether the proxy ends mutual TLS; a `tls` chain that does not passes the bytes on. */
  terminatesTls: boolean;
}

/** ALPN names by which a sidecar says that it is one and what it carries. */
const sidecarHttp = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const sidecarTcp = ['istio-peer-exchange', 'istio'];
const sidecarAny = ['istio', 'istio-peer-exchange', ...sidecarHttp];
/** What the HTTP inspector finds in plain text. */
const plainHttp = ['http/1.1', 'h2c'];

const mutual = (protocol: 'http' | 'tcp', alpn: readonly string[] = []): ChainMatch => ({
  protocol,
  transport: 'tls',
  alpn,
  terminatesTls: true,
});
const plain = (protocol: 'http' | 'tcp', alpn: readonly string[] = []): ChainMatch => ({
  protocol,
  transport: 'raw_buffer',
  alpn,
  terminatesTls: false,
});
/** TLS that the application itself ends. */
const passedTls: ChainMatch = { protocol: 'tcp', transport: 'tls', alpn: [], terminatesTls: false };

const chains: Record<MutualTlsMode, Record<ChainProtocol, ChainMatch[]>> = {
  STRICT: {
    http: [mutual('http')],
    tcp: [mutual('tcp')],
    auto: [mutual('http', sidecarHttp), mutual('tcp')],
  },
  PERMISSIVE: {
    http: [mutual('http', sidecarAny), plain('http')],
    tcp: [mutual('tcp', sidecarAny), passedTls, plain('tcp')],
    auto: [
      mutual('http', sidecarHttp),
      plain('http', plainHttp),
      mutual('tcp', sidecarTcp),
      plain('tcp'),
      passedTls,
    ],
  },
  DISABLE: {
    http: [plain('http')],
    tcp: [plain('tcp')],
    auto: [plain('http', plainHttp), plain('tcp')],
  },
};

/** The filter chains of one port, in Istio's order. */
export function chainMatches(mode: MutualTlsMode, protocol: ChainProtocol): ChainMatch[] {
  return chains[mode][protocol];
}
