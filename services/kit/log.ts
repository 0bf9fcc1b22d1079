import { ServiceError } from './errors.ts';

/** One line of log: what happened, with values. */
export interface LogEntry {
  level: 'info' | 'error';
  message: string;
  [fact: string]: string | number | boolean | undefined;
}

/** Writes one line; requests that succeed write none, since the sidecar logs every request. */
export type Log = (entry: LogEntry) => void;

/** A log of one JSON object a line, with the service's name in each. */
export function jsonLog(service: string, write: (line: string) => void): Log {
  return (entry) => write(`${JSON.stringify({ service, ...entry })}\n`);
}

/** A log that writes nothing: for tests. */
export const silentLog: Log = () => {};

/** Why something failed, for a log: a message for what a service throws on purpose, a stack for a fault of the code. */
export function reasonOf(error: unknown): string {
  if (error instanceof ServiceError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
