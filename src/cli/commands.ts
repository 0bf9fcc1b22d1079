import { analyzeCommand } from './commands/analyze.ts';
import { applyCommand } from './commands/apply.ts';
import { callCommand } from './commands/call.ts';
import { dashboardCommand, kialiCommand } from './commands/dashboard.ts';
import { deleteCommand } from './commands/delete.ts';
import { downCommand } from './commands/down.ts';
import { experimentListCommand } from './commands/experiment-list.ts';
import { experimentRevertCommand } from './commands/experiment-revert.ts';
import { experimentRunCommand } from './commands/experiment-run.ts';
import { imagesCommand } from './commands/images.ts';
import { proveCommand } from './commands/prove.ts';
import { proxyConfigCommand } from './commands/proxy-config.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { synthCommand } from './commands/synth.ts';
import { upCommand } from './commands/up.ts';
import type { Command } from './command.ts';

/** Every command, in the order `windtunnel --help` lists them. */
export const commands: Command[] = [
  startCommand,
  synthCommand,
  analyzeCommand,
  proxyConfigCommand,
  imagesCommand,
  upCommand,
  statusCommand,
  callCommand,
  proveCommand,
  experimentRunCommand,
  experimentRevertCommand,
  experimentListCommand,
  applyCommand,
  deleteCommand,
  dashboardCommand,
  kialiCommand,
  downCommand,
];
