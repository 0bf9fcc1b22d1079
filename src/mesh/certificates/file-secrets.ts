import { existsSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { WindtunnelError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import type { ProxyConfig } from '../xds/resources.ts';

/**
 * The secrets that Istio's agent would read from files for a sidecar, by the names that istiod gives them:
 * `file-root:FILE` (`file-root:system`: the authorities that this Node trusts) and `file-cert:CHAIN~KEY`, as DestinationRules
 * with mode SIMPLE or MUTUAL need. Throws `bad-manifest` for a file that is not there.
 */
export function fileSecrets(
  config: Pick<ProxyConfig, 'cds'>,
  exists: (file: string) => boolean = existsSync,
): Map<string, JsonObject> {
  const secrets = new Map<string, JsonObject>();
  for (const cluster of config.cds.values()) {
    for (const [, name = ''] of JSON.stringify(cluster).matchAll(/"name":"(file-[^"]+)"/g)) {
      const [kind, files = ''] = name.split(/:(.*)/s);
      if (kind === 'file-root') {
        const trustedCa =
          files === 'system'
            ? { inlineString: getCACertificates('default').join('\n') }
            : readable(files, exists);
        secrets.set(name, { name, validationContext: { trustedCa } });
      } else if (kind === 'file-cert') {
        const [chain = '', key = ''] = files.split('~');
        const tlsCertificate = {
          certificateChain: readable(chain, exists),
          privateKey: readable(key, exists),
        };
        secrets.set(name, { name, tlsCertificate });
      }
    }
  }
  return secrets;
}

function checkFile(file: string, exists: (file: string) => boolean): string {
  if (exists(file)) return file;
  throw new WindtunnelError(
    'bad-manifest',
    `a DestinationRule names the file ${file} in its tls, but this machine has no such file`,
    { next: 'put the file there: sidecars of the local mesh read it from this machine' },
  );
}

function readable(file: string, exists: (file: string) => boolean): JsonObject {
  return {
    filename: checkFile(file, exists),
  };
}
