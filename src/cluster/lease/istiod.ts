import { asRecord, asRecords, asString } from '../../manifests/fields.ts';
import type { IstiodLook } from './settle.ts';

/** Reads the answers of an istiod's `/debug/configz`, `/debug/syncz` and `/metrics`. */
export function readLook(configz: string, syncz: string, metrics: string): IstiodLook {
  return {
    configs: readConfigs(JSON.parse(configz)),
    pushes: metric(metrics, 'pilot_debounce_time_count'),
    rejects: metric(metrics, 'pilot_total_xds_rejects'),
    proxies: readProxies(JSON.parse(syncz)),
  };
}

function readConfigs(configz: unknown): Map<string, string> {
  return new Map(
    asRecords(configz).map((config) => {
      const metadata = asRecord(config.metadata);
      const key = `${String(config.kind)} ${asString(metadata.namespace) ?? ''}/${String(metadata.name)}`;
      return [key, String(metadata.resourceVersion)];
    }),
  );
}

function readProxies(syncz: unknown): IstiodLook['proxies'] {
  return new Map(
    asRecords(syncz).map((proxy) => {
      const types = Object.entries(asRecord(proxy.resources)).map(
        ([type, status]): [string, { sent: string; acked: string }] => {
          const { sent, acked } = asRecord(status);
          return [type, { sent: asString(sent) ?? '', acked: asString(acked) ?? '' }];
        },
      );
      return [String(proxy.proxy), new Map(types)];
    }),
  );
}

/** The sum of a metric over its labels, in Prometheus' text format; 0 when it is not there yet. */
export function metric(text: string, name: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const [, value] = /^[^\s{]+(?:\{.*\})?\s+(\S+)/.exec(line) ?? [];
    if (/^[{\s]/.test(line.slice(name.length))) sum += Number(value);
  }
  return sum;
}
