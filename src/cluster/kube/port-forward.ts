import { Duplex } from 'node:stream';
import { type Channels, openChannels } from './channels.ts';
import type { Kube } from './client.ts';
import { type LocalListener, openLocalListener } from './local-listener.ts';

/** A port of a pod, as its own processes see it on 127.0.0.1. */
export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

/**
 * One connection to a port of a pod. It opens on first use; a failure destroys it with the reason.
 * The protocol has no half-close: ending the writing side is not seen by the pod before the whole is destroyed.
 */
export function forwardConnection(kube: Kube, { namespace, pod, port }: PodPort): Duplex {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`;
  const doing = `port ${port} of pod ${namespace}/${pod}`;
  let channels: Channels | undefined;
  // Each of the two channels begins with the number of the port, in two bytes.
  const toSkip = [2, 2];
  let refusal = '';
  const stream: Duplex = new Duplex({
    construct: (done) => {
      const onData = (channel: number, data: Buffer): void => {
        const skipped = Math.min(toSkip[channel] ?? 0, data.length);
        toSkip[channel] = (toSkip[channel] ?? 0) - skipped;
        const rest = data.subarray(skipped);
        if (rest.length === 0) return;
        if (channel === 1) {
          refusal += rest.toString('utf8').slice(0, 300);
          stream.destroy(new Error(`${doing}: ${refusal.trim()}`));
        } else if (!stream.push(rest)) channels?.pause();
      };
      openChannels(kube, path, doing, onData).then((opened) => {
        channels = opened;
        void opened.closed.then(() => stream.push(null));
        if (stream.destroyed) opened.close();
        done();
      }, done);
    },
    read: () => channels?.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      if (channels === undefined) done(new Error(`${doing}: not open`));
      else channels.send(0, chunk).then(() => done(), done);
    },
    destroy: (error, done) => {
      channels?.close();
      done(error);
    },
  });
  return stream;
}

/**
 * Opens a listener on a free port of 127.0.0.1; `choose` names the pod's port for each connection, so that it follows
 * pods that are replaced. A connection that cannot be made is reset, and `onProblem` hears why.
 */
export function forwardPort(
  kube: Kube,
  choose: () => Promise<PodPort>,
  onProblem: (reason: string) => void,
): Promise<LocalListener> {
  const connect = async (): Promise<Duplex> => forwardConnection(kube, await choose());
  return openLocalListener({ connect, halfClose: false, onProblem });
}
