import type { ImageSpec } from './context.ts';

/** The image of the shop's services; its name is the one that the topology gives. */
export function shopImage(name: string): ImageSpec {
  return { name, dockerfile: 'services/Dockerfile', programs: 'services' };
}

/** The image of what Windtunnel itself runs in a cluster: the reaper, the load generator, the CLI. */
export const cliImage: ImageSpec = {
  name: 'windtunnel/cli:0.1.0',
  dockerfile: 'src/Dockerfile',
  programs: 'src',
  // Synth and the drawing of reports need 60 MB of libraries, and have nothing to write to in a container.
  leaveOut: (file) =>
    /^(?:charts|istio)\//.test(file) ||
    file === 'src/synth/check.ts' ||
    file === 'src/report/html.ts',
};

/** All images that the system needs on a cluster: the shop's, of that name, and ours. */
export function ourImages(shopName: string): { shop: ImageSpec; cli: ImageSpec } {
  return { shop: shopImage(shopName), cli: cliImage };
}
