import { cliImage } from '../images/catalogue.ts';

/** Where the reaper runs, as its chart and the CLI name it. */
export const reaperPlace = {
  namespace: 'windtunnel-system',
  /** Of its Deployment, its ServiceAccount and its pods' `app` label. */
  name: 'reaper',
  image: cliImage.name,
  /** Of its probes. */
  port: 8080,
} as const;
