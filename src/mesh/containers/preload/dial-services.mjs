// In a cluster a name such as `users:8080` leads to the sidecar wherever it stands: in the environment, in a file, in the
// program. Here addresses in the environment are loopback ones already; for all others this asks the mesh where they lead,
// by name when it is looked up, by name or by the address that stood for it when it is dialled.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP, Socket } from 'node:net';

const { WINDTUNNEL_NAMES: path, WINDTUNNEL_POD: pod } = process.env;
/** Addresses that the mesh gives to names; see name-server.ts. */
const standsForName = (host) => host.startsWith('127.77.');
const isLocal = (host) => host === 'localhost' || (isIP(host) !== 0 && !standsForName(host));
const isForeign = (host) => typeof host === 'string' && host !== '' && !isLocal(host);
const { connect } = Socket.prototype;

/** The mesh's answer to `question`; undefined when it knows none. */
const ask = (question) =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect.call(new Socket(), { path }, () => socket.write(`${pod} ${question}\n`));
    socket.on('data', (chunk) => (answer += chunk));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(answer.trim() || undefined));
  });

const dial = async (socket, options, listeners) => {
  const port = await ask(`${options.host} ${options.port}`);
  if (socket.destroyed) return;
  const target =
    port === undefined ? options : { ...options, host: '127.0.0.1', port: Number(port) };
  connect.call(socket, target, ...listeners);
};

/** The options of any form of `connect`: (options), (port, host), or the array that Node itself passes on. */
const optionsOf = ([first, second]) => {
  if (Array.isArray(first)) return first[0];
  if (typeof first === 'object' && first !== null) return first;
  return { port: first, host: typeof second === 'string' ? second : undefined };
};

const lookupService = async (host, options) => {
  if (!isForeign(host)) return undefined;
  const address = await ask(host);
  if (address === undefined) return undefined;
  return options?.all ? [{ address, family: 4 }] : { address, family: 4 };
};

/** Has this process dial names of Services where the mesh says that they lead. */
export function dialServices() {
  if (!path) return;
  Socket.prototype.connect = function connectByName(...args) {
    const options = optionsOf(args);
    if (options.path || !isForeign(options.host)) return connect.apply(this, args);
    const listeners = (Array.isArray(args[0]) ? args[0] : args).filter(
      (item) => typeof item === 'function',
    );
    // What is written meanwhile has to wait for the connection.
    this.connecting = true;
    void dial(this, options, listeners);
    return this;
  };
  const { lookup } = dns;
  dns.lookup = (host, ...rest) => {
    const done = rest.at(-1);
    const options = typeof rest[0] === 'object' ? rest[0] : {};
    void lookupService(host, options).then((found) => {
      if (found === undefined) lookup(host, ...rest);
      else if (Array.isArray(found)) done(null, found);
      else done(null, found.address, found.family);
    });
  };
  const { lookup: lookupPromise } = dns.promises;
  dns.promises.lookup = async (host, options) =>
    (await lookupService(host, options)) ?? lookupPromise(host, options);
  syncBuiltinESMExports();
}
