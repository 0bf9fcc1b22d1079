import type { Chart } from 'cdk8s';
import {
  Namespaces,
  NetworkPolicy,
  NetworkPolicyPort,
  type NetworkPolicyRule,
  NetworkPolicyTrafficDefault,
  Pods,
} from 'cdk8s-plus-27';
import { calleesOf, callersOf, serviceNamed } from '../../src/topology/derive.ts';
import { INGRESS, type Topology } from '../../src/topology/model.ts';
import { observability } from '../../src/topology/observability.ts';
import { labelsOf } from './labels.ts';

/** istiod's port for configuration and certificates (xDS and CA over TLS). */
const ISTIOD_PORT = 15_012;

/** Adds the namespace's default: no pod takes or makes a connection unless another policy says so. */
export function addDefaultDeny(chart: Chart): NetworkPolicy {
  return new NetworkPolicy(chart, 'deny-all', {
    metadata: { name: 'deny-all' },
    selector: Pods.all(chart, 'all-pods'),
    ingress: { default: NetworkPolicyTrafficDefault.DENY },
    egress: { default: NetworkPolicyTrafficDefault.DENY },
  });
}

/**
 * Adds the second layer under AuthorizationPolicy, by address instead of identity: callers and
 * Prometheus in; callees, DNS, istiod and the collector of traces out.
 * Probes need no rule: the kubelet runs on the pod's node, and a node always reaches its own pods.
 */
export function addNetworkPolicy(chart: Chart, topology: Topology, name: string): NetworkPolicy {
  const port = NetworkPolicyPort.tcp(serviceNamed(topology, name).port);
  return new NetworkPolicy(chart, 'network-policy', {
    metadata: { name, labels: labelsOf(topology, name) },
    selector: Pods.select(chart, 'pods', { labels: { app: name } }),
    ingress: {
      default: NetworkPolicyTrafficDefault.DENY,
      rules: [
        ...callersOf(topology, name).map((caller) => ({
          peer: callerPods(chart, caller),
          ports: [port],
        })),
        {
          peer: observabilityPods(chart, observability.prometheus.name),
          ports: [NetworkPolicyPort.tcp(observability.mergedMetricsPort)],
        },
      ],
    },
    egress: {
      default: NetworkPolicyTrafficDefault.DENY,
      rules: [
        ...calleesOf(topology, name).map((callee) => ({
          peer: Pods.select(chart, `callee-${callee}`, { labels: { app: callee } }),
          ports: [NetworkPolicyPort.tcp(serviceNamed(topology, callee).port)],
        })),
        ...platformRules(chart),
      ],
    },
  });
}

function callerPods(chart: Chart, caller: string): Pods {
  const id = `caller-${caller}`;
  if (caller !== INGRESS) return Pods.select(chart, id, { labels: { app: caller } });
  return podsOfNamespace(chart, id, 'istio-system', { istio: 'ingressgateway' });
}

function platformRules(chart: Chart): NetworkPolicyRule[] {
  return [
    {
      peer: podsOfNamespace(chart, 'dns', 'kube-system', { 'k8s-app': 'kube-dns' }),
      ports: [NetworkPolicyPort.udp(53), NetworkPolicyPort.tcp(53)],
    },
    {
      peer: podsOfNamespace(chart, 'istiod', 'istio-system', { app: 'istiod' }),
      ports: [NetworkPolicyPort.tcp(ISTIOD_PORT)],
    },
    {
      peer: observabilityPods(chart, observability.jaeger.name),
      ports: [NetworkPolicyPort.tcp(observability.jaeger.otlpHttpPort)],
    },
  ];
}

function observabilityPods(chart: Chart, app: string): Pods {
  return podsOfNamespace(chart, app, observability.namespace, { app });
}

function podsOfNamespace(
  chart: Chart,
  id: string,
  namespace: string,
  labels: Record<string, string>,
): Pods {
  const namespaces = Namespaces.select(chart, `${id}-namespace`, {
    labels: { 'kubernetes.io/metadata.name': namespace },
  });
  return Pods.select(chart, id, { namespaces, labels });
}
