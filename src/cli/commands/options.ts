import { WindtunnelError } from '../../errors.ts';
import type { CommandInput, OptionSpec } from '../command.ts';

type Options = CommandInput['options'];

/** `--name`: which instance of the local mesh. */
export const nameOption: OptionSpec = {
  type: 'string',
  value: 'NAME',
  help: 'name of the instance; default: default',
};

/** `--file`: manifests to read; `absent` tells what is read when it is not given. */
export function manifestsOption(absent?: string): OptionSpec {
  const fallback = absent === undefined ? '' : `; default: ${absent}`;
  return {
    type: 'string',
    short: 'f',
    multiple: true,
    value: 'PATH',
    help: `file or folder of manifests; may be repeated${fallback}`,
  };
}

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
  throw new WindtunnelError('usage', `--${name} ${value} is not a whole number from ${least} on`, {
    next: `write it like --${name} ${Math.max(least, 1)}`,
  });
}
