import { WindtunnelError } from '../errors.ts';

/** The error of every mistake in protojson: where it is, and what. */
export function badJson(where: string, what: string): WindtunnelError {
  return new WindtunnelError('rejected', `Envoy configuration: ${where}: ${what}`);
}
