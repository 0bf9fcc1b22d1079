import { ofKind } from '../../manifests/build-world.ts';
import { asRecord, asString, asStringMap } from '../../manifests/fields.ts';
import { matchesLabels } from '../../manifests/select.ts';
import type { Resource, World } from '../../manifests/world.ts';
import { byAge } from '../values/order.ts';

/** What a port accepts: mutual TLS only, both, or plain text only. */
export type MutualTlsMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE';

/** The PeerAuthentication in force for a workload. */
export interface PeerAuthentication {
  mode: MutualTlsMode;
  /** By target port; ports that are not in it have {@link PeerAuthentication.mode}. */
  byPort: Map<number, MutualTlsMode>;
}

/** The part of a workload that policies select by. */
export interface Selected {
  namespace: string;
  labels: Record<string, string>;
}

/**
 * Merges the PeerAuthentications of a workload: the mesh's (root namespace, no selector), its namespace's, its own
 * (by selector), the narrowest that says something wins, PERMISSIVE when none does. Of several of one scope the oldest
 * counts. Ports can be set by a policy with selector only.
 */
export function peerAuthenticationOf(world: World, workload: Selected): PeerAuthentication {
  const policies = ofKind(world.resources, 'PeerAuthentication');
  const rootPolicies = policies.filter(
    (policy) => policy.metadata.namespace === world.rootNamespace,
  );
  const isOwnRoot = workload.namespace === world.rootNamespace;
  const own = isOwnRoot
    ? []
    : policies.filter((policy) => policy.metadata.namespace === workload.namespace);
  const mesh = oldest(rootPolicies.filter((policy) => !hasSelector(policy)));
  const namespace = oldest(own.filter((policy) => !hasSelector(policy)));
  const selecting = oldest(
    own.filter(
      (policy) => hasSelector(policy) && matchesLabels(selectorOf(policy), workload.labels),
    ),
  );
  const mode =
    [selecting, namespace, mesh]
      .map((policy) => modeOf(asRecord(policy?.body.spec).mtls))
      .find(Boolean) ?? 'PERMISSIVE';
  const ports = Object.entries(asRecord(asRecord(selecting?.body.spec).portLevelMtls));
  return {
    mode,
    byPort: new Map(ports.map(([port, mtls]) => [Number(port), modeOf(mtls) ?? mode])),
  };
}

/** What one target port accepts. */
export function modeForPort(policy: PeerAuthentication, targetPort: number): MutualTlsMode {
  return policy.byPort.get(targetPort) ?? policy.mode;
}

function selectorOf(policy: Resource): Record<string, string> {
  return asStringMap(asRecord(asRecord(policy.body.spec).selector).matchLabels);
}

function hasSelector(policy: Resource): boolean {
  return Object.keys(selectorOf(policy)).length > 0;
}

function oldest(policies: Resource[]): Resource | undefined {
  return policies.sort(byAge)[0];
}

function modeOf(mtls: unknown): MutualTlsMode | undefined {
  const mode = asString(asRecord(mtls).mode);
  return mode === 'STRICT' || mode === 'PERMISSIVE' || mode === 'DISABLE' ? mode : undefined;
}
