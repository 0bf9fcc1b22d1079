/** Kinds of one API group that the reaper may put back. */
export interface RevertedKinds {
  apiGroup: string;
  /** Kind → name of the resource, as in a Role. */
  kinds: Readonly<Record<string, string>>;
}

/**
 * All that may be changed under a lease: what the mesh does with traffic, which traffic passes, how many run. The reaper's
 * Role is made of it, and a lease for any other kind is refused, as nobody could take it back.
 */
export const revertedKinds: readonly RevertedKinds[] = [
  {
    apiGroup: 'networking.istio.io',
    kinds: {
      DestinationRule: 'destinationrules',
      EnvoyFilter: 'envoyfilters',
      Gateway: 'gateways',
      ServiceEntry: 'serviceentries',
      Sidecar: 'sidecars',
      VirtualService: 'virtualservices',
    },
  },
  {
    apiGroup: 'security.istio.io',
    kinds: {
      AuthorizationPolicy: 'authorizationpolicies',
      PeerAuthentication: 'peerauthentications',
      RequestAuthentication: 'requestauthentications',
    },
  },
  { apiGroup: 'networking.k8s.io', kinds: { NetworkPolicy: 'networkpolicies' } },
  { apiGroup: 'apps', kinds: { Deployment: 'deployments' } },
];

/** Whether the reaper could put an object of a kind back. */
export function isReverted({ apiVersion, kind }: { apiVersion: string; kind: string }): boolean {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return revertedKinds.some((one) => one.apiGroup === group && one.kinds[kind] !== undefined);
}
