// Runs first in every Node process of the local mesh (`node --import`): what listens on a container port listens on the
// port that was allotted to the replica instead, and always on loopback. Services need not know.
import { Server } from 'node:net';
import { dialServices } from './dial-services.mjs';

const ports = new Map(
  Object.entries(JSON.parse(process.env.WINDTUNNEL_PORTS ?? '{}')).map(([from, to]) => [
    Number(from),
    Number(to),
  ]),
);
const anyAddress = new Set(['', '0.0.0.0', '::', '[::]', '0:0:0:0:0:0:0:0']);
const remap = (port) => ports.get(Number(port)) ?? port;
const loopback = (host) => (host === undefined || anyAddress.has(host) ? '127.0.0.1' : host);
const isPort = (value) => typeof value === 'number' || /^\d+$/.test(String(value));

const listen = Server.prototype.listen;
Server.prototype.listen = function remapped(...args) {
  const [first, second] = args;
  if (first !== null && typeof first === 'object' && isPort(first.port) && first.fd === undefined) {
    const options = { ...first, port: remap(first.port), host: loopback(first.host) };
    return listen.call(this, options, ...args.slice(1));
  }
  if (isPort(first)) {
    const given = typeof second === 'string';
    return listen.call(
      this,
      remap(first),
      loopback(given ? second : undefined),
      ...args.slice(given ? 2 : 1),
    );
  }
  return listen.apply(this, args);
};

dialServices();
