import { type ErrorCode, WindtunnelError } from '../../errors.ts';
import { ingressNodePort } from '../tools/kind.ts';
import { howToInstall, toolSources, type ToolName } from '../tools/tool.ts';

/** What was found of the Docker daemon. */
export type DockerFacts =
  | { type: 'answers'; version: string; memoryBytes: number; freeDiskBytes: number | null }
  | { type: 'missing' }
  | { type: 'silent'; reason: string };

/** What was found of this machine before a cluster is made on it, or used. */
export interface MachineFacts {
  docker: DockerFacts;
  /** Versions as `1.27.0`; null: not there. `unknown` when it does not tell. */
  tools: Record<Exclude<ToolName, 'docker'>, string | null>;
  /** Limits of the kernel; null where there are none to read (Docker in a virtual machine). */
  inotify: { instances: number; watches: number } | null;
  cluster: { name: string; exists: boolean; port: number | undefined };
  /** Port of 127.0.0.1 that was asked for, or kind-config.yaml's. */
  port: { wanted: number; asked: boolean; free: boolean };
}

/** One thing that is wrong: in the way, or only worth knowing. */
export interface Finding {
  level: 'failure' | 'notice';
  code: ErrorCode;
  message: string;
  next: string;
}

const gb = 1e9;

/** An amount that a cluster needs: less than `least` is refused, less than `enough` is told. */
interface Need {
  leastBytes: number;
  enoughBytes: number;
}

/**
 * Measured by bench/memory.ts, idle: Kubernetes, Istio and the shop take 2.2 GB, Prometheus and Jaeger 0.15 GB more. Beside that a
 * rollout runs pods twice, and a load Job brings a pod. Under load the dashboards grow up to their limits, 1.5 GB together
 * (charts/addons/observability). README.md says what is enough. Decimal: a machine of 4 GiB leaves Docker some less.
 */
const memoryNeeds = {
  without: { leastBytes: 3 * gb, enoughBytes: 4 * gb },
  withObservability: { leastBytes: 4.5 * gb, enoughBytes: 6 * gb },
} satisfies Record<string, Need>;
/** The node image takes 1 GB, Istio's and ours 1 GB, their copies in the node as much again. */
const diskNeed: Need = { leastBytes: 5 * gb, enoughBytes: 12 * gb };
/** Defaults of older kernels; below these kind itself does not come up. */
const leastInotify = { instances: 128, watches: 8192 };
/** What kind's documentation of known issues advises. */
const goodInotify = { instances: 512, watches: 524_288 };
/** kind: node labels and config v1alpha4. Istio 1.27: retry budgets in a DestinationRule. Docker: what kind needs. */
const oldest = { docker: '20.10', kind: '0.20', istioctl: '1.27' };

/** What is wrong with the machine, every finding with its next step; none when all is well. `observability`: the dashboards are wanted. */
export function judgeMachine(facts: MachineFacts, observability: boolean): Finding[] {
  return [
    ...dockerFindings(facts, observability),
    ...(['kind', 'istioctl'] as const).flatMap((name) => toolFindings(name, facts.tools[name])),
    ...nameFindings(facts.cluster.name),
    ...portFindings(facts),
    ...(facts.cluster.exists ? [] : inotifyFindings(facts.inotify)),
  ];
}

/** Throws all failures in one error: its own code when there is one only, else `preflight`. */
export function throwFailures(findings: Finding[]): void {
  const failures = findings.filter(({ level }) => level === 'failure');
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) {
    throw new WindtunnelError(first.code, first.message, { next: first.next });
  }
  const lines = failures.map(({ message, next }) => `  ✗ ${message}\n      next: ${next}`);
  throw new WindtunnelError(
    'preflight',
    `${failures.length} things are missing:\n${lines.join('\n')}\n `,
    { next: 'mend what is listed, then run the command again' },
  );
}

/** That Docker is not there, or does not answer; none when it does. */
export function judgeDocker(docker: DockerFacts): Finding[] {
  if (docker.type === 'answers') return [];
  if (docker.type === 'missing') return [missingTool('docker')];
  const message = `the Docker daemon does not answer: ${docker.reason}`;
  const next = 'Start Docker; check with: docker info (it uses DOCKER_HOST and the docker context)';
  return [{ level: 'failure', code: 'unreachable', message, next }];
}

function dockerFindings({ docker, cluster }: MachineFacts, observability: boolean): Finding[] {
  if (docker.type !== 'answers') return judgeDocker(docker);
  const findings = oldFindings('docker', docker.version);
  const need = memoryNeeds[observability ? 'withObservability' : 'without'];
  const more = observability ? ', or leave --observability out' : '';
  const advice = `Give Docker more memory (Docker Desktop: Settings, Resources)${more}.`;
  const memory = amount('memory', docker.memoryBytes, need, advice);
  // What is there already has the room that it needs; the dashboards may be new to it.
  if (cluster.exists) {
    const told = observability ? memory : [];
    return [...findings, ...told.map((one) => ({ ...one, level: 'notice' as const }))];
  }
  findings.push(...memory);
  if (docker.freeDiskBytes !== null) {
    const room = 'Make room where Docker keeps its data: docker system prune';
    findings.push(...amount('free disk', docker.freeDiskBytes, diskNeed, room));
  }
  return findings;
}

function amount(what: string, bytes: number, need: Need, next: string): Finding[] {
  if (bytes >= need.enoughBytes) return [];
  const text = (value: number): string => `${(value / gb).toFixed(1)} GB`;
  const message = `Docker has ${text(bytes)} of ${what}; the cluster takes ${text(need.enoughBytes)}, and does not fit into less than ${text(need.leastBytes)}`;
  const level = bytes < need.leastBytes ? 'failure' : 'notice';
  return [{ level, code: 'preflight', message, next }];
}

function toolFindings(name: Exclude<ToolName, 'docker'>, version: string | null): Finding[] {
  return version === null ? [missingTool(name)] : oldFindings(name, version);
}

function missingTool(name: ToolName): Finding {
  const message = `${name} is not on PATH`;
  return { level: 'failure', code: 'missing-tool', message, next: howToInstall(name) };
}

function oldFindings(name: ToolName, version: string): Finding[] {
  if (!isOlder(version, oldest[name])) return [];
  const message = `${name} ${version} is too old: ${oldest[name]} or newer is needed`;
  return [
    { level: 'failure', code: 'preflight', message, next: `Update it: ${toolSources[name]}` },
  ];
}

/** Whether a version is older than another, by its first two numbers; one that is no version is not. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string): number[] | undefined =>
    /(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  const [major, minor] = numbers(version) ?? [];
  const [leastMajor = 0, leastMinor = 0] = numbers(than) ?? [];
  if (major === undefined || minor === undefined) return false;
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

function nameFindings(name: string): Finding[] {
  // As kind has it; a node's host name is NAME-control-plane, of 63 characters at most.
  if (/^[a-z0-9][a-z0-9.-]{0,47}$/.test(name)) return [];
  const message = `'${name}' is no name for a kind cluster`;
  const next = 'Use lower-case letters, digits, dots and dashes, 48 at most.';
  return [{ level: 'failure', code: 'usage', message, next }];
}

function portFindings({ cluster, port }: MachineFacts): Finding[] {
  if (!cluster.exists) {
    if (port.free) return [];
    const message = `port ${port.wanted} of 127.0.0.1 is in use`;
    const next = 'End what listens there, or choose another one: --port PORT';
    return [{ level: 'failure', code: 'port-in-use', message, next }];
  }
  if (cluster.port === undefined) {
    const message = `the kind cluster '${cluster.name}' maps no host port to node port ${ingressNodePort}, so the ingress gateway could not be reached`;
    const next =
      'Use another name (--cluster NAME), or this cluster as it is: --target current --context kind-NAME';
    return [{ level: 'failure', code: 'not-ours', message, next }];
  }
  if (!port.asked || port.wanted === cluster.port) return [];
  const message = `the cluster '${cluster.name}' has port ${cluster.port}, which cannot be changed to ${port.wanted} later`;
  const next = `Leave --port out, or make it anew: windtunnel down --target kind --cluster ${cluster.name}`;
  return [{ level: 'failure', code: 'preflight', message, next }];
}

function inotifyFindings(limits: MachineFacts['inotify']): Finding[] {
  if (limits === null) return [];
  const below = (bound: { instances: number; watches: number }): boolean =>
    limits.instances < bound.instances || limits.watches < bound.watches;
  if (!below(goodInotify)) return [];
  const message = `inotify allows ${limits.instances} instances and ${limits.watches} watches; several clusters at once need ${goodInotify.instances} and ${goodInotify.watches}`;
  const next = `sudo sysctl fs.inotify.max_user_instances=${goodInotify.instances} fs.inotify.max_user_watches=${goodInotify.watches}`;
  return [{ level: below(leastInotify) ? 'failure' : 'notice', code: 'preflight', message, next }];
}
