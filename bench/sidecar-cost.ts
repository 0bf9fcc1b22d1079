import { runBench } from './kit/bench.ts';
import { withCluster } from './kit/cluster.ts';
import { edges, withArms } from './sidecar-cost-arms.ts';
import { measureEdge, type Plan } from './sidecar-cost-blocks.ts';
import { comparisons, printEdge } from './sidecar-cost-report.ts';

const help = `
What the sidecars cost, with our whole policy set and with Istio's defaults: added latency, and CPU per 1000 requests.

  node bench/sidecar-cost.ts [--cluster NAME] [--rounds N] [--rate N] [--block-s N] [--only rest|grpc] [--json]

Four namespaces of one cluster hold the same Deployments, callers and callees:

  ours      all that manifests/ has: mutual TLS only, AuthorizationPolicy, VirtualService, DestinationRule, Sidecar, NetworkPolicy
  defaults  sidecars, and none of these
  none      no sidecars
  again     a second 'defaults': how far this run can tell two equal arms apart (A/A)

Access log, counters and tracing are of the installation (istio/install.yaml) and of the pods: the same in all of them.

The load agent makes the requests in the caller's pod, at a constant rate whatever the answers do (open loop), one arm at a time,
forth and back in each round. Latency is from the moment a request is sent; a block gives its p50 and p99. CPU is what the kernel
counted for the containers istio-proxy of caller and callee while a block ran, by its requests; 'pods' is all containers of both.
Before, a call that nobody declared must be refused by 'ours' and by no other.

Printed are medians over blocks, and with 95 % intervals (bootstrap over rounds)
  added latency   (ours - none) / (defaults - none); goal: p99 at most 1.10
  CPU             ours / defaults; goal: at most 1.05
each beside the same of 'again'.

  --cluster NAME   a kind cluster that windtunnel up made; default: one of its own, deleted at the end
  --rounds N       at least 2: one gives no interval; default 8
  --rate N         requests per second; default 200
  --block-s N      seconds of a block; default 4
  --only EDGE      rest (storefront->users) or grpc (orders->inventory); default: both
  --json           all numbers, as JSON

Needs docker and kind, and istioctl to make a cluster. The namespaces windtunnel-bench-… are taken away again, also on Ctrl-C.
`;

await runBench({
  help,
  options: {
    cluster: { type: 'string' },
    rounds: { type: 'string', default: '8' },
    rate: { type: 'string', default: '200' },
    'block-s': { type: 'string', default: '4' },
    only: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run({ progress, signal, text, number, flag }) {
    const measured = Object.entries(edges).filter(
      ([name]) => text('only') === undefined || text('only') === name,
    );
    if (measured.length === 0) throw new Error(`--only ${text('only')}: rest or grpc`);
    const plan: Plan = {
      rounds: number('rounds', 2),
      ratePerSecond: number('rate'),
      blockSeconds: number('block-s'),
    };
    const write = (line: string): void => void process.stdout.write(`${line}\n`);
    await withCluster({ name: text('cluster'), progress, signal }, (cluster) => {
      const { kube } = cluster;
      const wanted = measured.map(([, edge]) => edge);
      return withArms({ kube, progress, signal, measured: wanted }, async () => {
        const results = [];
        for (const [name, edge] of measured) {
          const blocks = await progress.step(edge.title, (step) =>
            measureEdge(edge, { cluster, plan, signal }, step.update),
          );
          results.push({ name, blocks, comparisons: comparisons(blocks) });
          if (!flag('json')) printEdge(edge, blocks, write);
        }
        if (flag('json')) write(JSON.stringify({ plan, results }, null, 2));
      });
    });
  },
});
