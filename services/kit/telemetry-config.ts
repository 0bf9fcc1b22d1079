import type { Env } from './config.ts';

/** What the process is, beside what the environment says of it. */
export interface ServiceIdentity {
  name: string;
  version: string;
}

const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
const metricEndpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'];

/**
 * Whether a signal is exported: an exporter is named other than `none`, or there is an OTLP endpoint for it. The
 * specification would export to localhost when nothing is set; a service that nobody asked is silent instead.
 */
function isWanted(exporter: string | undefined, addresses: (string | undefined)[]): boolean {
  if (given(exporter)) return exporter !== 'none';
  return addresses.some(given);
}

/** Whether the standard variables (opentelemetry.io, "Environment Variable Specification") ask for traces or metrics. */
export function wantsTelemetry(env: Env): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  return wantsTraces(env) || wantsMetrics(env);
}

/** The standard variables that the SDK reads, completed by what the process knows of itself; what is set stays. */
export function telemetryEnv({ name, version }: ServiceIdentity, env: Env): Record<string, string> {
  const attributes = [`service.version=${encodeURIComponent(version)}`];
  // Kubernetes names a pod's host after the pod.
  const pod = env['KUBERNETES_SERVICE_HOST'] === undefined ? undefined : env['HOSTNAME'];
  if (pod !== undefined) attributes.push(`k8s.pod.name=${encodeURIComponent(pod)}`);
  // Of an attribute that stands twice the later one counts: what the environment says.
  if (given(env['OTEL_RESOURCE_ATTRIBUTES'])) attributes.push(env['OTEL_RESOURCE_ATTRIBUTES']);
  const defaults: Record<string, string> = {
    OTEL_SERVICE_NAME: name,
    OTEL_TRACES_EXPORTER: wantsTraces(env) ? 'otlp' : 'none',
    OTEL_METRICS_EXPORTER: wantsMetrics(env) ? 'otlp' : 'none',
    // Logs go to stdout, where the platform takes them.
    OTEL_LOGS_EXPORTER: 'none',
    // The process's command line and the host's kernel tell nothing of a pod.
    OTEL_NODE_RESOURCE_DETECTORS: 'env,serviceinstance',
  };
  const completed: Record<string, string> = { OTEL_RESOURCE_ATTRIBUTES: attributes.join(',') };
  for (const [variable, value] of Object.entries(defaults)) {
    const set = env[variable];
    completed[variable] = given(set) ? set : value;
  }
  return completed;
}

function wantsTraces(env: Env): boolean {
  return isWanted(
    env['OTEL_TRACES_EXPORTER'],
    endpoints.map((name) => env[name]),
  );
}

function wantsMetrics(env: Env): boolean {
  return isWanted(
    env['OTEL_METRICS_EXPORTER'],
    metricEndpoints.map((name) => env[name]),
  );
}

// An empty variable counts as unset, as the specification says.
function given(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
