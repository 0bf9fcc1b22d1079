import { ApiObject, type Chart, JsonPatch } from 'cdk8s';
import { Service, ServiceType } from 'cdk8s-plus-27';
import { serviceNamed } from '../../src/topology/derive.ts';
import type { Topology } from '../../src/topology/model.ts';
import { labelsOf } from './labels.ts';

/** Adds the Service: one port, named and typed by `appProtocol`, so that Istio never has to guess. */
export function addService(chart: Chart, topology: Topology, name: string): void {
  const { port, protocol } = serviceNamed(topology, name);
  const service = new Service(chart, 'service', {
    metadata: { name, labels: labelsOf(topology, name) },
    type: ServiceType.CLUSTER_IP,
    ports: [{ name: protocol, port, targetPort: port }],
  });
  service.selectLabel('app', name);
  ApiObject.of(service).addJsonPatch(JsonPatch.add('/spec/ports/0/appProtocol', protocol));
}
