import { resolve } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import { buildWorld, replicasOf } from '../../manifests/build-world.ts';
import { loadResources } from '../../manifests/load.ts';
import type { Workload, World } from '../../manifests/world.ts';
import { checkReferences } from '../../translate/check-references.ts';
import { checkSupported } from '../../translate/check-supported.ts';
import type { EnvoyConfig } from '../../translate/envoy.ts';
import { ingressGateway } from '../../translate/ingress-gateway.ts';
import { translateGateway, translateSidecar } from '../../translate/translate.ts';
import type { Command, CommandInput } from '../command.ts';
import { showPath } from '../show-path.ts';
import { list, manifestsOption, text } from './options.ts';

const sections = ['listeners', 'clusters', 'routes', 'endpoints'] as const;

/** `windtunnel proxy-config`: Envoy's configuration of one workload, from manifests alone. */
export const proxyConfigCommand: Command = {
  name: 'proxy-config',
  mostPositionals: 1,
  summary: "print the Envoy configuration of one workload, as Istio's control plane would make it",
  usage: 'WORKLOAD [-f FOLDER]... [--type SECTION]',
  description: `
Starts nothing. WORKLOAD is NAME, NAME.NAMESPACE, deploy/NAME or the name of a pod. The output is JSON with listeners,
clusters, routes and endpoints; addresses of pods and services are synthetic.

  windtunnel proxy-config orders
  windtunnel proxy-config reviews-v1.default -f samples/bookinfo --type clusters`,
  options: {
    file: manifestsOption('manifests/'),
    type: { type: 'string', value: 'SECTION', help: `only one of: ${sections.join(', ')}` },
  },
  async run(input) {
    const wanted = sectionOf(input);
    const [name, ...rest] = input.positionals;
    if (name === undefined || rest.length > 0) {
      throw new WindtunnelError('usage', 'proxy-config needs exactly one workload', {
        next: 'windtunnel proxy-config WORKLOAD',
      });
    }
    const world = await readWorld(input);
    checkSupported(world);
    checkReferences(world);
    const config = translate(world, name);
    input.print(JSON.stringify(wanted === undefined ? config : config[wanted], undefined, 1));
    return 0;
  },
};

function sectionOf({ options }: CommandInput): (typeof sections)[number] | undefined {
  const given = text(options, 'type');
  const found = sections.find((section) => section === given);
  if (given !== undefined && found === undefined) {
    throw new WindtunnelError('usage', `--type ${given} is not known`, {
      next: `Use one of: ${sections.join(', ')}.`,
    });
  }
  return found;
}

async function readWorld({ options, cwd, projectDir }: CommandInput): Promise<World> {
  const given = list(options, 'file').map((path) => resolve(cwd, path));
  const resources = await loadResources(
    given.length > 0 ? given : [resolve(projectDir, 'manifests')],
  );
  return buildWorld(
    resources.map((resource) => {
      const file = showPath(resource.source.file, cwd);
      return { ...resource, source: { ...resource.source, file } };
    }),
  );
}

function translate(world: World, name: string): EnvoyConfig {
  const workload = findWorkload(world, name);
  return isGateway(workload)
    ? translateGateway(world, workload)
    : translateSidecar(world, workload);
}

/** Istio's gateway charts ask the injector for a gateway in place of a sidecar; the implicit gateway has no containers. */
function isGateway({ annotations, containers }: Workload): boolean {
  return annotations['inject.istio.io/templates'] === 'gateway' || containers.length === 0;
}

/** The workload that a name means. Throws `unknown-reference` when there is none, or more than one. */
function findWorkload(world: World, name: string): Workload {
  const implicit = ingressGateway(world);
  const all = implicit === undefined ? world.workloads : [...world.workloads, implicit];
  const [wanted = '', namespace] = name.replace(/^[a-z]+\//, '').split('.');
  const found = all.filter(
    (workload) =>
      (workload.name === wanted || isPodOf(world, workload, wanted)) &&
      (namespace === undefined || workload.namespace === namespace),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = (found.length > 1 ? found : all).map((one) => `${one.name}.${one.namespace}`);
  throw new WindtunnelError(
    'unknown-reference',
    found.length > 1 ? `${name} may be several workloads` : `no workload ${name} in the manifests`,
    {
      next:
        names.length === 0
          ? 'The manifests hold no workload.'
          : `Name one of: ${names.join(', ')}.`,
    },
  );
}

function isPodOf(world: World, workload: Workload, name: string): boolean {
  return replicasOf(world).some(
    (replica) => replica.workload === workload && replica.podName === name,
  );
}
