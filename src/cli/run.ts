import { WindtunnelError } from '../errors.ts';
import type { Command, CommandInput } from './command.ts';
import { commandHelp, overviewHelp } from './help.ts';
import { parseArguments } from './parse.ts';

/** What surrounds one run of the CLI; a test hands in its own. */
export type CliSurroundings = Pick<
  CommandInput,
  'projectDir' | 'cwd' | 'env' | 'print' | 'progress' | 'signal'
> & {
  /** Writes a line to standard error. */
  printError(line: string): void;
};

/** Exit status after a mistake in the command line, as sysexits and most tools have it. */
const usageStatus = 2;
/** Exit status after Ctrl-C: 128 + SIGINT, as shells report it. */
export const interruptedStatus = 130;

/**
 * Runs one command line and resolves to the exit status. Never throws: an error is printed with its
 * code and the next step, and its status is 2 for a wrong command line, 130 after Ctrl-C, else 1.
 */
export async function runCli(
  argv: string[],
  commands: Command[],
  around: CliSurroundings,
): Promise<number> {
  try {
    if (argv.length === 0 || argv[0] === '--help' || argv[0] === '-h' || argv[0] === 'help') {
      around.print(overviewHelp(commands));
      return argv.length === 0 ? usageStatus : 0;
    }
    const found = findCommand(argv, commands);
    if (!found) throw unknownCommand(argv, commands);
    const [command, args] = found;
    const end = args.indexOf('--');
    if ((end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')) {
      around.print(await commandHelp(command));
      return 0;
    }
    return await command.run({ ...parseArguments(command, args), ...around });
  } catch (thrown) {
    return reportError(thrown, around);
  }
}

function findCommand(argv: string[], commands: Command[]): [Command, string[]] | undefined {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command) return [command, argv.slice(words)];
  }
  return undefined;
}

function unknownCommand(argv: string[], commands: Command[]): WindtunnelError {
  const word = argv[0] ?? '';
  const near = commands.filter(({ name }) => name.startsWith(word) || name.split(' ')[0] === word);
  const names = (near.length > 0 ? near : commands).map(({ name }) => name).join(', ');
  return new WindtunnelError('usage', `there is no command '${argv.slice(0, 2).join(' ')}'`, {
    next: `one of: ${names}; windtunnel --help tells what they do`,
  });
}

function reportError(thrown: unknown, around: CliSurroundings): number {
  if (around.signal.aborted && thrown === around.signal.reason) {
    around.printError('windtunnel: interrupted');
    return interruptedStatus;
  }
  const error = WindtunnelError.from(thrown);
  around.printError(`windtunnel: ${error.message} [${error.code}]`);
  if (error.next !== undefined) around.printError(`  next: ${error.next}`);
  if (around.env.WINDTUNNEL_DEBUG || error.code === 'internal') {
    const cause = error.cause ?? error;
    around.printError(cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause));
  }
  if (around.signal.aborted) return interruptedStatus;
  return error.code === 'usage' ? usageStatus : 1;
}
