import type { ResourceBody } from '../resource.ts';
import { compileInboundAbort, type InboundAbort } from './inbound-abort.ts';

/**
 * What is broken, where. Every kind acts where the caller's sidecar can react to it: a VirtualService's `fault` is not
 * among them, as it answers inside the caller's sidecar before the router, so that retries never see it.
 */
export type Fault = InboundAbort;

/** The resources that make a fault happen, to requests whose id starts with `requestIdPrefix` only. */
export function compileFault(fault: Fault, requestIdPrefix: string): ResourceBody[] {
  return [compileInboundAbort(fault, requestIdPrefix)];
}

/** The outcome of a request that the fault answered, as the load generator labels it. */
export function faultOutcome({ answer }: Fault): string {
  return 'httpStatus' in answer ? `http ${answer.httpStatus}` : `grpc ${answer.grpcStatus}`;
}
