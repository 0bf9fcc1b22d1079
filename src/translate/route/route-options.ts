import type { MeshService } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';

/** Where a VirtualService's routes are to be used: a sidecar's outbound port, or a server of a gateway. */
export interface RouteOptions {
  context: TranslateContext;
  /** The port that requests come in on. */
  listenPort: number;
  /** `mesh`, or the gateways (`NAMESPACE/NAME`) that the listener serves. */
  gatewayNames: ReadonlySet<string>;
  /** Whether the listener ends TLS: decides the default port of redirects. */
  isTls: boolean;
  /** The services that the listener knows; others are routed to by name alone. */
  serviceOf(host: string): MeshService | undefined;
}
