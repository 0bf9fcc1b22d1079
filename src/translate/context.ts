import type { MeshService, Workload, World } from '../manifests/world.ts';
import { type AddressBook, createAddressBook } from './addresses.ts';

/** The proxy that a configuration is made for. */
export interface Proxy {
  type: 'sidecar' | 'gateway';
  workload: Workload;
  namespace: string;
  /** Labels of its pod. */
  labels: Record<string, string>;
}

/** What every part of the translation is given. Pure data and look-ups: nothing here changes while a configuration is made. */
export interface TranslateContext {
  world: World;
  proxy: Proxy;
  addresses: AddressBook;
  /** Services that the mesh has, as Istio orders them: by creation time, then by name and namespace. */
  services: MeshService[];
}

/** The context of one proxy of a world. */
export function createContext(
  world: World,
  workload: Workload,
  type: Proxy['type'],
): TranslateContext {
  return {
    world,
    proxy: { type, workload, namespace: workload.namespace, labels: workload.labels },
    addresses: createAddressBook(world),
    services: world.services,
  };
}
