import { createHash } from 'node:crypto';
import { buildWorld } from '../../src/manifests/build-world.ts';
import { parseResources } from '../../src/manifests/load.ts';
import type { Workload, World } from '../../src/manifests/world.ts';
import { WindtunnelError } from '../../src/errors.ts';
import type { EnvoyConfig } from '../../src/translate/envoy.ts';
import { ingressGateway } from '../../src/translate/ingress-gateway.ts';
import { translateGateway, translateSidecar } from '../../src/translate/translate.ts';
import { type OracleCase, selectView } from './case.ts';
import { clusterYaml, podNameOf } from './cluster-objects.ts';
import { askOracle } from './istio-oracle.ts';
import { normalise } from './normalise.ts';

/** A case, loaded. */
export interface LoadedCase {
  world: World;
  workload: Workload;
  /** What the oracle is given. */
  yaml: string;
  /** SHA-256 of what the oracle is asked: a fixture that has another one is stale. */
  question: string;
}

/** Loads a case's manifests. Throws `unknown-reference` when its workload is not there. */
export function loadCase(one: OracleCase): LoadedCase {
  const world = buildWorld(parseResources(one.manifests, `${one.name}.yaml`));
  const workload = findWorkload(world, one);
  const implicit = world.workloads.includes(workload) ? undefined : workload;
  const yaml = clusterYaml(world, implicit);
  const asked = JSON.stringify([yaml, one.workload, one.gateway ?? false, one.view ?? 'all']);
  return {
    world,
    workload,
    yaml,
    question: createHash('sha256').update(asked).digest('hex').slice(0, 16),
  };
}

/** Our translation of a case, normalised. */
export function ours(one: OracleCase, { world, workload }: LoadedCase): EnvoyConfig {
  const config = one.gateway
    ? translateGateway(world, workload)
    : translateSidecar(world, workload);
  return normalise(selectView(config, one.view ?? 'all'));
}

/** Istio's configuration of a case, normalised. */
export async function istios(
  oracle: string,
  one: OracleCase,
  loaded: LoadedCase,
): Promise<EnvoyConfig> {
  const pod = `${podNameOf(loaded.workload)}.${loaded.workload.namespace}`;
  const config = await askOracle(oracle, { yaml: loaded.yaml, pod, gateway: one.gateway ?? false });
  return normalise(selectView(config, one.view ?? 'all'));
}

function findWorkload(world: World, one: OracleCase): Workload {
  const implicit = one.gateway ? ingressGateway(world) : undefined;
  const all = implicit === undefined ? world.workloads : [...world.workloads, implicit];
  const found = all.find((workload) => `${workload.name}.${workload.namespace}` === one.workload);
  if (found === undefined) {
    const names = all.map((workload) => `${workload.name}.${workload.namespace}`).join(', ');
    throw new WindtunnelError(
      'unknown-reference',
      `case ${one.name}: no workload ${one.workload}; there are: ${names}`,
    );
  }
  return found;
}
