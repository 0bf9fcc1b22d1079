import type { Command } from './command.ts';

/** Every command, in the order `windtunnel --help` lists them. */
export const commands: Command[] = [];
