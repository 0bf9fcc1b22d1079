import type { Resource } from '../../manifests/world.ts';

/** One object of a resource's spec, as written. */
export type Spec = Record<string, unknown>;

/** A VirtualService with its short names resolved and its delegates' routes put in. */
export interface VirtualService {
  /** `NAMESPACE/NAME`. */
  key: string;
  name: string;
  namespace: string;
  hosts: string[];
  /** `mesh` or `NAMESPACE/NAME`. */
  gateways: string[];
  /** Namespaces that see it; `*` is all. */
  exportTo: Set<string>;
  http: Spec[];
  tcp: Spec[];
  tls: Spec[];
  resource: Resource;
}
