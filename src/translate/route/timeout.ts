import { duration } from '../values/duration.ts';

/** `timeout` of a route: none (`0s`) unless it is given, and the same bound for a `grpc-timeout` header. */
export function timeouts(timeout: unknown): { timeout: string; maxGrpcTimeout: string } {
  const value = duration(timeout) ?? '0s';
  return { timeout: value, maxGrpcTimeout: value };
}
