import { destinationRule } from './destination-rule.ts';
import { envoyFilter } from './envoy-filter.ts';
import { gateway } from './gateway.ts';
import type { Schema } from './schema.ts';
import { authorizationPolicy, peerAuthentication, requestAuthentication } from './security.ts';
import { serviceEntry, workloadEntry } from './service-entry.ts';
import { sidecar } from './sidecar.ts';
import { virtualService } from './virtual-service.ts';

/** The `spec` of every translated kind, by `GROUP/KIND`; versions of a group (v1, v1beta1, v1alpha3) share it. */
export const translatedKinds: Readonly<Record<string, Schema>> = {
  'networking.istio.io/VirtualService': virtualService,
  'networking.istio.io/DestinationRule': destinationRule,
  'networking.istio.io/ServiceEntry': serviceEntry,
  'networking.istio.io/WorkloadEntry': workloadEntry,
  'networking.istio.io/Sidecar': sidecar,
  'networking.istio.io/Gateway': gateway,
  'networking.istio.io/EnvoyFilter': envoyFilter,
  'security.istio.io/PeerAuthentication': peerAuthentication,
  'security.istio.io/AuthorizationPolicy': authorizationPolicy,
  'security.istio.io/RequestAuthentication': requestAuthentication,
};

/** Kinds that would change what proxies do, but are not translated, with the reason. */
export const refusedKinds: Readonly<Record<string, string>> = {
  'networking.istio.io/ProxyConfig': 'settings of the proxy itself are not translated',
  'networking.istio.io/WorkloadGroup': 'there are no virtual machines here',
  'telemetry.istio.io/Telemetry':
    'proxies here send no spans and metrics, and have a log format of their own',
  'extensions.istio.io/WasmPlugin': 'WebAssembly is not run',
  'extensions.istio.io/TrafficExtension': 'extensions are not run',
  'install.istio.io/IstioOperator': 'mesh-wide settings are not translated: defaults hold',
};

/** API groups that are not translated at all, with the reason. */
export const refusedGroups: Readonly<Record<string, string>> = {
  'gateway.networking.k8s.io':
    'the Gateway API is not read; use VirtualService and Gateway of networking.istio.io',
};
