import { WindtunnelError } from '../../errors.ts';
import type { CommandInput } from '../command.ts';

type Options = CommandInput['options'];

/** The value of an option that takes one; undefined when it was not given. */
export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of an option that may be repeated. */
export function list(options: Options, name: string): string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The value of an option that is a TCP port. Throws `usage` for anything else. */
export function portNumber(options: Options, name: string): number | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  const port = Number(value);
  if (/^\d+$/.test(value) && port > 0 && port < 65_536) return port;
  throw new WindtunnelError('usage', `--${name} ${value} is not a port`, {
    next: 'use 1 to 65535',
  });
}

/** The value of an option that is a whole number from `least` on. Throws `usage` for anything else. */
export function wholeNumber(options: Options, name: string, least: number): number | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number;
  throw new WindtunnelError('usage', `--${name} ${value} is not a whole number from ${least} on`);
}
