import type { JsonObject } from '../../../src/json.ts';
import { WindtunnelError } from '../../../src/errors.ts';
import { buildWorld } from '../../../src/manifests/build-world.ts';
import { parseResources } from '../../../src/manifests/load.ts';
import { checkSupported } from '../../../src/translate/check-supported.ts';
import { ingressGateway } from '../../../src/translate/ingress-gateway.ts';
import type { OracleCase } from '../case.ts';
import { apps, declaredGateway } from './apps.ts';
import { authorizationPolicy } from './authorization-policy.ts';
import { destinationRule } from './destination-rule.ts';
import { envoyFilter } from './envoy-filter.ts';
import { gateway } from './gateway.ts';
import { createRandom, type Random } from './random.ts';
import { peerAuthentication, requestAuthentication } from './security.ts';
import { serviceEntry, workloadEntry } from './service-entry.ts';
import { sidecar } from './sidecar.ts';
import { virtualService } from './virtual-service.ts';

/** Manifests that follow from a seed, and the proxy that they are translated for. */
export interface GeneratedWorld {
  seed: number;
  documents: JsonObject[];
  /** `NAME.NAMESPACE`, see {@link OracleCase.workload}. */
  workload: string;
  gateway: boolean;
}

/** What makes resources of one kind, and how many of it a world has at most. */
interface Generator {
  make(random: Random, index: number): JsonObject;
  most: number;
}

/** A generator for each kind, by the name that `--kinds` takes. */
export const generators: Readonly<Record<string, Generator>> = {
  'virtual-service': { make: virtualService, most: 4 },
  'destination-rule': { make: destinationRule, most: 3 },
  'service-entry': { make: serviceEntry, most: 2 },
  'workload-entry': { make: workloadEntry, most: 2 },
  sidecar: { make: sidecar, most: 2 },
  gateway: { make: gateway, most: 3 },
  'envoy-filter': { make: envoyFilter, most: 2 },
  'peer-authentication': { make: peerAuthentication, most: 3 },
  'request-authentication': { make: requestAuthentication, most: 2 },
  'authorization-policy': { make: authorizationPolicy, most: 3 },
};

/**
 * The world of a seed. Nearly all of its resources are such that they are translated, taken each for itself; a few
 * are what the API server would refuse, so that refusals are compared, too.
 *
 * @param kinds keys of {@link generators}
 */
export function generateWorld(seed: number, kinds: readonly string[]): GeneratedWorld {
  const random = createRandom(seed);
  const documents = apps(random);
  // Few kinds meet in one world: all at once would hide each other, and take long to shrink.
  const probability = kinds.length < 4 ? 0.9 : 0.4;
  for (const kind of kinds) {
    const generator = generators[kind];
    if (generator === undefined) throw new RangeError(`no generator is named ${kind}`);
    if (!random.chance(probability)) continue;
    documents.push(
      ...random.list(1, generator.most, (index) => translatable(random, generator, index)),
    );
  }
  if (random.chance(0.12)) documents.push(...declaredGateway(random));
  const distinct = withoutTwins(documents);
  return { seed, documents: distinct, ...chooseProxy(random, distinct) };
}

/** The world as the harness takes it. */
export function caseOf({ seed, documents, workload, gateway }: GeneratedWorld): OracleCase {
  return { name: `seed ${seed}`, workload, gateway, manifests: manifestsOf(documents) };
}

/** JSON documents as YAML, of which JSON is a part. */
function manifestsOf(documents: JsonObject[]): string {
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}

function translatable(random: Random, generator: Generator, index: number): JsonObject {
  const mayBeInvalid = random.chance(0.03);
  let made = generator.make(random, index);
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const refusal = refusalOf(made);
    if (refusal === undefined || (mayBeInvalid && refusal === 'bad-manifest')) return made;
    made = generator.make(random, index);
  }
  return made;
}

function refusalOf(document: JsonObject): string | undefined {
  try {
    checkSupported(buildWorld(parseResources(manifestsOf([document]), 'generated.yaml')));
    return undefined;
  } catch (thrown) {
    return WindtunnelError.from(thrown).code;
  }
}

/** Leaves out resources whose kind, namespace and name an earlier one has. */
function withoutTwins(documents: JsonObject[]): JsonObject[] {
  const seen = new Set<string>();
  return documents.filter((document) => {
    const { name, namespace } = document.metadata as { name: string; namespace?: string };
    const key = [document.kind, namespace, name].join('/');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function chooseProxy(
  random: Random,
  documents: JsonObject[],
): Pick<GeneratedWorld, 'workload' | 'gateway'> {
  const world = buildWorld(parseResources(manifestsOf(documents), 'generated.yaml'));
  const implicit = ingressGateway(world);
  const declared = world.workloads.filter((workload) => workload.name === 'gate');
  const gateways = [...(implicit === undefined ? [] : [implicit]), ...declared];
  const isGateway = gateways.length > 0 && random.chance(0.45);
  const sidecars = world.workloads.filter(
    (workload) => workload.injected && workload.replicas > 0 && workload.name !== 'gate',
  );
  const isClient = sidecars.length === 0 || random.chance(0.4);
  const chosen = isGateway ? random.pick(gateways) : isClient ? undefined : random.pick(sidecars);
  const workload = chosen === undefined ? 'client.shop' : `${chosen.name}.${chosen.namespace}`;
  return { workload, gateway: isGateway };
}
