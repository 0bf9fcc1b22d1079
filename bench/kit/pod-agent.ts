import type { Kube } from '../../src/cluster/kube/client.ts';
import { type ContainerRef, startExec } from '../../src/cluster/kube/exec.ts';
import { connectAgent, type LoadAgent } from '../../src/load/agent/client.ts';

/** Where the load agent is in our image. */
const program = 'src/load/agent/main.ts';

/** Starts the load agent in a container that runs our image `windtunnel/cli`. It ends with its standard input. */
export async function startPodAgent(
  kube: Kube,
  container: ContainerRef,
  signal: AbortSignal,
): Promise<LoadAgent> {
  const session = await startExec(kube, container, ['node', program], signal);
  return connectAgent(
    {
      where: `pod ${container.namespace}/${container.pod}`,
      input: session.stream,
      output: session.stream,
      ended: session.ended.then(
        ({ exitCode, problem, stderr }) => `exit ${exitCode} ${problem ?? ''} ${stderr}`,
      ),
      async close() {
        session.close();
        await session.ended;
      },
    },
    signal,
  );
}
