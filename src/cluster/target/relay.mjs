// Carries many connections over one stream. Both ends run this file: the CLI, and a pod, where it is started by `exec`
// with nothing but Node; so it has no dependency and is sent as it stands. See relay.d.mts for what it offers.
//
// A frame is: type (1 byte), connection (4), length (4), payload. Each side may send `windowBytes` of a connection before
// the other has taken them in: a slow reader stops its own connection only, and memory stays bounded.
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const types = { open: 1, data: 2, end: 3, reset: 4, window: 5, ping: 6, opened: 7 };
const headerBytes = 9;
const windowBytes = 128 * 1024;
const maxPayloadBytes = 32 * 1024;
const maxConnections = 1024;
/** The other side sends a ping at least every third of that: one that is silent for longer is gone. */
const silenceMs = 90_000;
const dialTimeoutMs = 10_000;

const frame = (type, id, payload = Buffer.alloc(0)) => {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(id, 1);
  header.writeUInt32BE(payload.length, 5);
  return Buffer.concat([header, payload]);
};

/** Cuts a stream of bytes into frames, however they are split or joined on the way. */
export const createFrameReader = (onFrame) => {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= headerBytes) {
      const length = rest.readUInt32BE(5);
      if (length > maxPayloadBytes) throw new Error(`a frame of ${length} bytes`);
      if (rest.length < headerBytes + length) return;
      const payload = rest.subarray(headerBytes, headerBytes + length);
      onFrame(rest.readUInt8(0), rest.readUInt32BE(1), payload);
      rest = rest.subarray(headerBytes + length);
    }
  };
};

/** One connection of a mux. `send` sends a frame of it. */
const createConnection = (send, onGone) => {
  let credit = windowBytes;
  /** Bytes taken from the other side that it doesn't know of yet. */
  let untold = 0;
  let waiting;
  let ended = false;
  let closedByPeer = false;
  const flush = () => {
    while (waiting !== undefined && credit > 0) {
      const size = Math.min(credit, maxPayloadBytes, waiting.rest.length);
      send(types.data, waiting.rest.subarray(0, size));
      credit -= size;
      waiting.rest = waiting.rest.subarray(size);
      if (waiting.rest.length > 0) continue;
      const { done } = waiting;
      waiting = undefined;
      done();
    }
  };
  const stream = new Duplex({
    read: () => {
      if (untold === 0) return;
      const size = Buffer.alloc(4);
      size.writeUInt32BE(untold);
      untold = 0;
      send(types.window, size);
    },
    write: (chunk, _encoding, done) => {
      waiting = { rest: chunk, done };
      if (chunk.length > 0) flush();
      else {
        waiting = undefined;
        done();
      }
    },
    final: (done) => {
      ended = true;
      send(types.end);
      done();
    },
    destroy: (error, done) => {
      const whole = ended && stream.readableEnded;
      if (!closedByPeer && !whole)
        send(types.reset, Buffer.from((error?.message ?? '').slice(0, 500)));
      onGone();
      done(error);
    },
  });
  // Whoever uses it hears of an error by its own listener; nobody listening is no reason to end the process.
  stream.on('error', () => {});
  const receive = {
    [types.data]: (payload) => {
      untold += payload.length;
      stream.push(Buffer.from(payload));
    },
    [types.end]: () => stream.push(null),
    [types.window]: (payload) => {
      credit += payload.readUInt32BE(0);
      flush();
    },
    [types.opened]: () => stream.emit('connect'),
    [types.reset]: (payload) => {
      closedByPeer = true;
      const reason = payload.toString('utf8');
      stream.destroy(new Error(reason === '' ? 'connection reset' : reason));
    },
  };
  return { stream, receive: (type, payload) => receive[type]?.(payload) };
};

export const createMux = ({ write, onOpen, onPing }) => {
  const connections = new Map();
  let lastId = 0;
  const add = (id) => {
    const send = (type, payload) => write(frame(type, id, payload));
    const connection = createConnection(send, () => connections.delete(id));
    connections.set(id, connection);
    return connection.stream;
  };
  const receive = createFrameReader((type, id, payload) => {
    if (type === types.ping) onPing?.();
    else if (type !== types.open) connections.get(id)?.receive(type, payload);
    else if (connections.size >= maxConnections) {
      write(frame(types.reset, id, Buffer.from(`more than ${maxConnections} connections`)));
    } else {
      const opened = () => write(frame(types.opened, id));
      onOpen?.(payload.toString('utf8'), add(id), opened);
    }
  });
  return {
    receive,
    ping: () => write(frame(types.ping, 0)),
    size: () => connections.size,
    open: (target) => {
      if (connections.size >= maxConnections)
        throw new Error(`more than ${maxConnections} connections`);
      lastId += 1;
      const stream = add(lastId);
      write(frame(types.open, lastId, Buffer.from(target)));
      return stream;
    },
    fail: (reason) => {
      const error = new Error(reason);
      for (const { stream } of connections.values()) stream.destroy(error);
    },
  };
};

/** Dials `HOST:PORT` and carries what comes and goes; a failure resets the connection and tells why. */
const dial = (target, stream, opened) => {
  const colon = target.lastIndexOf(':');
  const [host, port] = [target.slice(0, colon), Number(target.slice(colon + 1))];
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const tooLate = setTimeout(
    () => socket.destroy(new Error(`no connection to ${target} within ${dialTimeoutMs} ms`)),
    dialTimeoutMs,
  );
  socket.once('close', () => clearTimeout(tooLate));
  socket.once('connect', () => {
    clearTimeout(tooLate);
    opened();
  });
  Promise.all([pipeline(socket, stream), pipeline(stream, socket)]).catch((error) => {
    stream.destroy(error);
    socket.destroy();
  });
};

/** The program in the pod: ends with its standard input, or when nobody has sent anything for a while. */
export const runRelay = (input, output, firstBytes) => {
  const end = () => process.exit(0);
  const silence = setTimeout(end, silenceMs);
  const mux = createMux({ write: (bytes) => output.write(bytes), onOpen: dial });
  const take = (chunk) => {
    silence.refresh();
    mux.receive(chunk);
  };
  input.on('end', end);
  input.on('error', end);
  output.on('error', end);
  input.on('data', take);
  take(firstBytes);
  mux.ping();
  input.resume();
};
