import { ApiObject, type Chart, Duration, JsonPatch, Size } from 'cdk8s';
import {
  Cpu,
  Deployment,
  DeploymentStrategy,
  EnvValue,
  ImagePullPolicy,
  PercentOrAbsolute,
  Probe,
  ServiceAccount,
  Volume,
} from 'cdk8s-plus-27';
import { environmentOf, serviceNamed } from '../../src/topology/derive.ts';
import type { Service, Topology } from '../../src/topology/model.ts';
import { observability } from '../../src/topology/observability.ts';
import { labelsOf } from './labels.ts';

/** What a container asks of its node; it may use more CPU when there is some, never more memory than the limit. */
export interface WorkloadResources {
  cpuRequestMillis: number;
  memoryRequestMib: number;
  memoryLimitMib: number;
}

/** User of the image; numeric, as `runAsNonRoot` cannot be checked against a name. */
const USER_ID = 1000;

/** What this needs of its sidecar, said with the pod, so that it holds on any Istio, however that was installed. */
const proxyConfig = {
  // Counters that Istio leaves out unless they are asked for; they are the evidence of retries, breakers and ejections.
  proxyStatsMatcher: {
    inclusionRegexps: [
      '.*upstream_rq_.*',
      '.*upstream_cx_overflow',
      '.*outlier_detection.*',
      '.*circuit_breakers.*',
    ],
  },
  // A native sidecar starts before the service and ends after it. Where Kubernetes has none (before 1.29) the two start
  // together and get their SIGTERM together: these two settings keep a rolling restart from losing requests there.
  holdApplicationUntilProxyStarts: true,
  proxyMetadata: {
    // It goes on for 5 s at least (Istio's MINIMUM_DRAIN_DURATION), more than the service's DRAIN_MS of 3 s, and then until
    // its last connection has ended. A preStop hook is not needed: the service itself serves on for DRAIN_MS.
    EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true',
  },
};

/** A sidecar asks for 100 millicores by default: six of them would fill a third of a small cluster. */
const sidecarAnnotations = {
  'proxy.istio.io/config': JSON.stringify(proxyConfig),
  'sidecar.istio.io/proxyCPU': '20m',
  'sidecar.istio.io/proxyMemory': '64Mi',
  'sidecar.istio.io/proxyMemoryLimit': '256Mi',
};

/**
 * Where Prometheus finds the metrics. Istio's injection turns this into the agent's port, where they are merged with
 * Envoy's: under STRICT mutual TLS no scrape from outside of the mesh could reach the service itself.
 */
const scrapeAnnotations = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': String(observability.metrics.port),
  'prometheus.io/path': observability.metrics.path,
};

/** Adds the ServiceAccount and the Deployment of a service; the pod meets the `restricted` pod security standard. */
export function addWorkload(
  chart: Chart,
  topology: Topology,
  name: string,
  resources: WorkloadResources,
): void {
  const service = serviceNamed(topology, name);
  const labels = labelsOf(topology, name);
  const serviceAccount = new ServiceAccount(chart, 'service-account', {
    metadata: { name, labels },
    automountToken: false,
  });
  const deployment = new Deployment(chart, 'deployment', {
    metadata: { name, labels },
    podMetadata: { labels, annotations: { ...sidecarAnnotations, ...scrapeAnnotations } },
    replicas: service.replicas,
    serviceAccount,
    automountServiceAccountToken: false,
    select: false,
    securityContext: { ensureNonRoot: true, user: USER_ID, group: USER_ID, fsGroup: USER_ID },
    terminationGracePeriod: Duration.seconds(30),
    // A new replica is ready before an old one goes: no moment without one, even with a single replica.
    strategy: DeploymentStrategy.rollingUpdate({
      maxSurge: PercentOrAbsolute.absolute(1),
      maxUnavailable: PercentOrAbsolute.absolute(0),
    }),
  });
  addContainer(deployment, topology, service, resources);
  completeDeployment(deployment, service);
}

function addContainer(
  deployment: Deployment,
  topology: Topology,
  service: Service,
  resources: WorkloadResources,
): void {
  const environment = environmentOf(topology, service.name).map(({ name, value }) => [
    name,
    EnvValue.fromValue(value),
  ]);
  const container = deployment.addContainer({
    name: service.name,
    image: topology.image,
    imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
    command: ['node', `services/${service.name}/main.ts`],
    workingDir: '/app',
    ports: [{ name: service.protocol, number: service.port }],
    envVariables: Object.fromEntries(environment),
    resources: {
      cpu: { request: Cpu.millis(resources.cpuRequestMillis) },
      memory: {
        request: Size.mebibytes(resources.memoryRequestMib),
        limit: Size.mebibytes(resources.memoryLimitMib),
      },
    },
    securityContext: {
      ensureNonRoot: true,
      user: USER_ID,
      group: USER_ID,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
    },
    ...(service.protocol === 'http' ? httpProbes(service.port) : {}),
  });
  // The root file system is read-only; Node and its libraries may still want a place for temporary files.
  container.mount('/tmp', Volume.fromEmptyDir(deployment, 'tmp', 'tmp'));
}

function httpProbes(port: number): { startup: Probe; readiness: Probe; liveness: Probe } {
  return {
    startup: Probe.fromHttpGet('/readyz', {
      port,
      periodSeconds: Duration.seconds(1),
      failureThreshold: 60,
    }),
    readiness: Probe.fromHttpGet('/readyz', {
      port,
      periodSeconds: Duration.seconds(5),
      failureThreshold: 2,
    }),
    liveness: Probe.fromHttpGet('/healthz', {
      port,
      periodSeconds: Duration.seconds(10),
      failureThreshold: 3,
    }),
  };
}

/** What cdk8s-plus-27 has no property for, or a default that doesn't fit. */
function completeDeployment(deployment: Deployment, service: Service): void {
  const object = ApiObject.of(deployment);
  const container = '/spec/template/spec/containers/0';
  object.addJsonPatch(
    // A label with a hash of cdk8s's own, for the selector that is replaced here.
    JsonPatch.remove('/spec/template/metadata/labels/cdk8s.io~1metadata.addr'),
    JsonPatch.add('/spec/selector', { matchLabels: { app: service.name } }),
    JsonPatch.add('/spec/template/spec/securityContext/seccompProfile', { type: 'RuntimeDefault' }),
    JsonPatch.add(`${container}/securityContext/capabilities`, { drop: ['ALL'] }),
    // The observability addon brings it; without it the service runs without telemetry.
    JsonPatch.add(`${container}/envFrom`, [
      { configMapRef: { name: observability.configMap, optional: true } },
    ]),
  );
  if (service.protocol === 'http') return;
  const probe = { grpc: { port: service.port } };
  object.addJsonPatch(
    JsonPatch.add(`${container}/startupProbe`, {
      ...probe,
      periodSeconds: 1,
      failureThreshold: 60,
    }),
    JsonPatch.add(`${container}/readinessProbe`, {
      ...probe,
      periodSeconds: 5,
      failureThreshold: 2,
    }),
    JsonPatch.add(`${container}/livenessProbe`, {
      ...probe,
      periodSeconds: 10,
      failureThreshold: 3,
    }),
  );
}
