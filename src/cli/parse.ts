import { parseArgs } from 'node:util';
import { WindtunnelError } from '../errors.ts';
import type { Command, CommandInput } from './command.ts';

/** What the words behind a command's name mean. */
export type ParsedArguments = Pick<CommandInput, 'options' | 'positionals' | 'parameters'>;

/** Reads the words behind a command's name; throws `usage` for an option or a word that the command does not take. */
export function parseArguments(command: Command, args: string[]): ParsedArguments {
  const { rest, parameters } = command.takesParameters
    ? takeParameters(command, args)
    : { rest: args, parameters: {} };
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple, short }]) => [
      name,
      { type, ...(multiple ? { multiple } : {}), ...(short === undefined ? {} : { short }) },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: rest, options, allowPositionals: true, strict: true });
  } catch (error) {
    // Behind the first sentence Node explains how to pass a positional that begins with a dash.
    throw usageError(command, (error as Error).message.split('. ')[0] ?? '', error);
  }
  const extra = parsed.positionals[command.mostPositionals ?? 0];
  if (extra !== undefined) {
    throw usageError(command, `'windtunnel ${command.name}' does not take '${extra}'`);
  }
  return { options: parsed.values, positionals: parsed.positionals, parameters };
}

function usageError(command: Command, message: string, cause?: unknown): WindtunnelError {
  return new WindtunnelError('usage', message, {
    next: `windtunnel ${command.name} --help`,
    cause,
  });
}

/** Takes `--name value` and `--name=value` of names that the command does not list out of `args`. */
function takeParameters(
  command: Command,
  args: string[],
): { rest: string[]; parameters: Record<string, string> } {
  const rest: string[] = [];
  const parameters: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      rest.push(...args.slice(i));
      break;
    }
    const [, name, inline] = /^--([A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const spec = name === undefined ? undefined : command.options[name];
    if (name === undefined) rest.push(arg);
    else if (spec !== undefined) {
      rest.push(arg);
      const value = args[i + 1];
      if (spec.type === 'string' && inline === undefined && value !== undefined) {
        rest.push(value);
        i++;
      }
    } else if (inline !== undefined) parameters[name] = inline;
    else {
      const value = args[i + 1];
      if (value === undefined) {
        throw usageError(command, `--${name} needs a value`);
      }
      parameters[name] = value;
      i++;
    }
  }
  return { rest, parameters };
}
