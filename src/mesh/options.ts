import type { Progress } from '../progress.ts';
import type { MeshControl } from './control/control.ts';

/** What `startMesh` of mesh.ts takes; paths are absolute. */
export interface StartMeshOptions {
  /** The project's root: `.windtunnel/` and the default image map are in it. */
  projectDir: string;
  /** Files or folders of Kubernetes and Istio manifests. @default ['PROJECT/manifests'] */
  manifests?: string[];
  /** Name of the instance; several run side by side. @default 'default' */
  name?: string;
  /** The image map. @default 'PROJECT/services/images.yaml' */
  imagesFile?: string;
  /** Port of the ingress gateway on 127.0.0.1; `port-in-use` when it is taken. @default one that is free */
  entryPort?: number;
  /** Life of a leaf certificate; it is replaced at half of it. @default 3600 */
  certificateTtlSeconds?: number;
  /** Whether edits of the manifests are picked up while it runs. @default true */
  watch?: boolean;
  progress: Progress;
  /** Aborting it while the mesh starts ends what was started; afterwards the owner calls `stop`. */
  signal: AbortSignal;
  /** Surroundings of the processes: PATH, HOME, WINDTUNNEL_ENVOY … @default process.env */
  env?: Record<string, string | undefined>;
}

/** A mesh that runs in this process. */
export interface RunningMesh {
  control: MeshControl;
  /** `.windtunnel/NAME`: state, logs. */
  folder: string;
  /** Ends everything; safe to call twice. */
  stop(): Promise<void>;
  /** Resolves when the instance has ended, by `stop` or by `shutdown` over the control port. */
  ended: Promise<void>;
}
