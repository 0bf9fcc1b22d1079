import { upAndProven } from './kit/local-up.ts';

// The local arm of bench/cluster-up.ts, a process of its own as the others are: says when every edge is proven, and takes
// its mesh down when its parent disconnects or has ended.
const abort = new AbortController();
const disconnected = new Promise<void>((resolve) => {
  process.once('disconnect', () => {
    abort.abort();
    resolve();
  });
});
const end = await upAndProven(`bench-cluster-up-${process.pid}`, abort.signal);
process.send?.('proven');
await disconnected;
await end();
process.exit(0);
