import type { Call } from '../topology/calls.ts';

/** An edge of the topology that an experiment works on, and the one request that it repeats there. */
export interface EdgeUnderTest {
  /** `caller->service.operation` */
  id: string;
  caller: string;
  service: string;
  namespace: string;
  protocol: 'http' | 'grpc';
  /** `host` of the Service as Istio and Envoy's cluster names have it. */
  host: string;
  /** What is sent; repeating it changes nothing, as the operation is idempotent. */
  call: Call;
}
