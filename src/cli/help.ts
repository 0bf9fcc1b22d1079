import type { Command, OptionSpec } from './command.ts';

/** The text of `windtunnel --help`: what it is, every command in one line, where to go on. */
export function overviewHelp(commands: Command[]): string {
  return [
    'windtunnel: declare services and their mesh policy, run them behind real Envoys, break them, measure',
    '',
    'usage: windtunnel COMMAND [OPTIONS]',
    '',
    table(commands.map((command) => [command.name, command.summary])),
    '',
    'windtunnel COMMAND --help tells more of a command.',
    'First time? `npm start` brings the shop up, proves every call edge and runs the retry experiment.',
  ].join('\n');
}

/** The text of `windtunnel COMMAND --help`. */
export async function commandHelp(command: Command): Promise<string> {
  const rows = Object.entries(command.options).map(([name, spec]) => optionRow(name, spec));
  rows.push(['-h, --help', 'this text']);
  const usage = `usage: windtunnel ${command.name} ${command.usage}`.trimEnd();
  const { description } = command;
  const text = typeof description === 'string' ? description : await description();
  return [usage, '', text.trim(), '', 'options:', table(rows)].join('\n');
}

function optionRow(name: string, spec: OptionSpec): [string, string] {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const value = spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : '';
  return [`${short}--${name}${value}`, spec.help];
}

function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
