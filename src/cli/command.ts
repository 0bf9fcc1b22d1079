import type { Progress } from '../progress.ts';

/** One option of a command, `--name VALUE` or the switch `--name`. */
export interface OptionSpec {
  type: 'string' | 'boolean';
  /** May be given several times; its value is then a list. */
  multiple?: boolean;
  short?: string;
  /** How its value is shown in help, e.g. `FILE`. */
  value?: string;
  /** One line for `--help`, with the default where there is one. */
  help: string;
}

/** What a command gets when it runs: everything it may touch, so that a test can hand it something else. */
export interface CommandInput {
  /** Options by name, as node:util parseArgs returns them. */
  options: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
  /** `--name value` of names that the command does not list, when it {@link Command.takesParameters}. */
  parameters: Record<string, string>;
  /** The project's root folder: where `manifests/` lies. */
  projectDir: string;
  /** Where the command was called: relative paths the user gives are relative to it. */
  cwd: string;
  env: Record<string, string | undefined>;
  /** Writes a line of result to standard output (progress goes to standard error by {@link Progress}). */
  print(line: string): void;
  progress: Progress;
  /** Aborted on Ctrl-C or SIGTERM: stop, undo, return. */
  signal: AbortSignal;
}

/** One command of the CLI; `src/cli/commands/` holds one a file, `src/cli/commands.ts` lists them. */
export interface Command {
  /** As typed, e.g. `up` or `experiment run`. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What follows the name, e.g. `WORKLOAD [-f FOLDER]`. */
  usage: string;
  /** More lines for `--help`: what it does, examples. */
  description: string | (() => Promise<string>);
  options: Record<string, OptionSpec>;
  /** How many words it takes beside its options, e.g. 1 for `call users.get`. @default 0 */
  mostPositionals?: number;
  /** Whether `--name value` of any other name is a parameter of what it calls, e.g. `call users.get --id 123`. */
  takesParameters?: boolean;
  /** Does it; resolves to the exit status (0 is success). Throws WindtunnelError for what the user must mend. */
  run(input: CommandInput): Promise<number>;
}
