import { join } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import { fileSecrets } from '../certificates/file-secrets.ts';
import { portKeys } from '../pods.ts';
import { spiffeId } from '../certificates/secrets.ts';
import type { EncodedConfig } from '../xds/resources.ts';
import type { RuntimeOptions } from './options.ts';
import { type LocalSurroundings, localConfigs, type Plan, portsOf, proxiesOf } from './plan.ts';

/** Binary configuration of every proxy, by node id. */
export type Configuration = Map<string, EncodedConfig>;

/** Turns plans into what proxies are sent. */
export interface Configurator {
  /** Gives every port of a plan a number; what has one keeps it. */
  allotPorts(plan: Plan): Promise<void>;
  /** Throws `unsupported` or `rejected` for what cannot be sent; ports must be allotted. */
  encode(plan: Plan): Promise<Configuration>;
  accessLogFile(podId: string): string;
}

/** Makes a {@link Configurator}. */
export function createConfigurator(
  options: RuntimeOptions,
  isReady: (podId: string) => boolean,
): Configurator {
  const { ports, encoder, secrets, logsFolder, entryPort } = options;
  const accessLogFile = (podId: string): string => join(logsFolder, `${podId}.access.jsonl`);
  const around: LocalSurroundings = {
    port: (key) => {
      const port = ports.get(key);
      if (port === undefined) throw new WindtunnelError('internal', `no port for ${key}`);
      return port;
    },
    isReady,
    log: (pod) => ({
      requestsFile: accessLogFile(pod.id),
      connectionsFile: join(logsFolder, `${pod.id}.connections.jsonl`),
      pod: pod.name,
      workload: pod.workload.name,
    }),
  };
  return {
    accessLogFile,
    allotPorts: async (plan) => {
      const [first] = plan.gatewayPorts;
      if (entryPort !== undefined && plan.gateway && first !== undefined) {
        await ports.fix(portKeys.gateway(plan.gateway.id, first), entryPort);
      }
      for (const key of portsOf(plan)) await ports.allot(key);
    },
    encode: async (plan) => {
      const configs = localConfigs(plan, around);
      const encoded: Configuration = new Map();
      for (const pod of proxiesOf(plan)) {
        const config = configs.get(pod.id);
        if (!config) continue;
        const { namespace, serviceAccount } = pod.workload;
        const id = spiffeId(plan.world.trustDomain, namespace, serviceAccount);
        const sds = new Map([...(await secrets.secretsOf(id)), ...fileSecrets(config)]);
        encoded.set(pod.id, encoder.encode(pod.id, { ...config, sds }));
      }
      return encoded;
    },
  };
}
