import type {
  Container,
  EnvironmentVariable,
  MeshService,
  ServicePort,
} from '../../manifests/world.ts';
import { type Reference, replaceReferences } from '../references.ts';

/** A Service that is named by two variables, `USERS_HOST=users` and `USERS_PORT=8080`. */
export interface HostPortPair {
  hostVariable: string;
  portVariable: string;
  /** `users:8080`. */
  authority: string;
  service: MeshService;
  port: ServicePort;
}

/** Finds the variables of a container that name a Service's host and port separately. */
export function hostPortPairs(
  container: Container,
  names: Map<string, MeshService>,
): HostPortPair[] {
  const values = new Map(container.env.map(({ name, value }) => [name, value]));
  return container.env.flatMap(({ name, value }) => {
    const prefix = /^(.*?)_?HOST(?:NAME)?$/i.exec(name)?.[1];
    const service = names.get(value);
    if (prefix === undefined || !service) return [];
    const portVariable = [`${prefix}_PORT`, `${prefix}PORT`].find((key) => values.has(key));
    const number = Number(values.get(portVariable ?? ''));
    const port = service.ports.find((candidate) => candidate.port === number);
    if (portVariable === undefined || !port) return [];
    return [{ hostVariable: name, portVariable, authority: `${value}:${number}`, service, port }];
  });
}

/** What {@link rewriteContainer} is given. */
export interface RewriteOptions {
  container: Container;
  names: Map<string, MeshService>;
  /** Loopback port of the listener for an authority; undefined when there is none. */
  outboundPort(authority: string): number | undefined;
  /** Container port → the port the process gets. */
  appPorts: Map<number, number>;
  /** The value of a `fieldRef`, e.g. `metadata.name`; undefined when it is not known. */
  fieldValue(path: string): string | undefined;
}

/** A container's command line and environment with loopback addresses in place of the cluster's. */
export interface RewrittenContainer {
  command: string[];
  args: string[];
  env: Record<string, string>;
}

// Whole values only: `8080`, `:8080`, `0.0.0.0:8080`, `[::]:8080`, `localhost:8080`, `--port=8080`.
const ownPort =
  /^(--?[\w-]*port=|:|0\.0\.0\.0:|\[::\]:|127\.0\.0\.1:|localhost:|http:\/\/(?:localhost|127\.0\.0\.1):)?(\d{2,5})(\/.*)?$/i;

const anyAddress = new Set(['0.0.0.0', '::', '[::]']);

/** Kubernetes' own substitution: `$(NAME)` by the value of NAME, `$$(NAME)` stays as `$(NAME)`. */
export function expand(text: string, env: Record<string, string>): string {
  return text.replace(/\$\$|\$\(([\w.-]+)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return env[name] ?? whole;
  });
}

/**
 * Puts loopback addresses into a container: each reference to a Service becomes the caller's outbound listener for it,
 * values that are the container's own port become the port its process gets. What names nothing known stays.
 */
export function rewriteContainer(options: RewriteOptions): RewrittenContainer {
  const { container, names, outboundPort, appPorts, fieldValue } = options;
  const loopback = ({ authority }: Reference): string | undefined => {
    const port = outboundPort(authority);
    return port === undefined ? undefined : `127.0.0.1:${port}`;
  };
  const pairs = hostPortPairs(container, names);
  const paired = new Map<string, string>();
  for (const { hostVariable, portVariable, authority } of pairs) {
    const port = outboundPort(authority);
    if (port === undefined) continue;
    paired.set(hostVariable, '127.0.0.1');
    paired.set(portVariable, String(port));
  }
  const env: Record<string, string> = {};
  const rewriteVariable = ({ name, value, from }: EnvironmentVariable): string => {
    const expanded = from === undefined ? expand(value, env) : (fieldValue(from) ?? '');
    const known = paired.get(name);
    if (known !== undefined) return known;
    const replaced = replaceReferences(expanded, names, loopback);
    return replaced === expanded && namesAddress(name) ? rewriteOwn(expanded, appPorts) : replaced;
  };
  for (const variable of container.env) env[variable.name] = rewriteVariable(variable);

  const rewriteWords = (words: string[]): string[] =>
    words.map((word, index) => {
      const expanded = expand(word, env);
      const replaced = replaceReferences(expanded, names, loopback);
      const before = words[index - 1] ?? '';
      // `--port 8080`, `--port=8080`, and a bare `8080`, which no option claims as its value.
      const option = /^--?[\w-]+=/.test(word) ? word : before.startsWith('-') ? before : 'port';
      return replaced === expanded && namesAddress(option)
        ? rewriteOwn(expanded, appPorts)
        : replaced;
    });
  return { command: rewriteWords(container.command), args: rewriteWords(container.args), env };
}

function rewriteOwnPort(value: string, appPorts: Map<number, number>): string {
  const match = ownPort.exec(value);
  const port = match && appPorts.get(Number(match[2]));
  if (!match || port === undefined) return value;
  const [, prefix = '', , rest = ''] = match;
  // The mesh is on loopback only, whatever a container may bind.
  const address = prefix.replace('0.0.0.0', '127.0.0.1').replace('[::]', '127.0.0.1');
  return `${address === ':' ? '127.0.0.1:' : address}${port}${rest}`;
}

/** Whether a variable or option of this name holds an address or a port of the process itself. */
function namesAddress(name: string): boolean {
  return /port|addr|host|listen|bind|url|endpoint/i.test(name);
}

/** A value that may be an address or a port of the process itself, as it is on this machine. */
function rewriteOwn(value: string, appPorts: Map<number, number>): string {
  return anyAddress.has(value) ? '127.0.0.1' : rewriteOwnPort(value, appPorts);
}
