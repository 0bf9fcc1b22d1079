import type { JsonObject } from '../../json.ts';
import type { CertificateAuthority } from './authority.ts';

/** Certificates of identities, kept fresh. */
export interface SecretStore {
  /** The SDS secrets of a proxy with this identity: `default` and `ROOTCA`, names as istiod uses them. */
  secretsOf(spiffeId: string): Promise<Map<string, JsonObject>>;
  stop(): void;
}

/** What {@link createSecretStore} needs. */
export interface SecretStoreOptions {
  authority: CertificateAuthority;
  leafTtlSeconds: number;
  /** Called when certificates were replaced; proxies must be sent them. */
  onRotation(): void;
}

/** `spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT`, as Istio writes it. */
export function spiffeId(trustDomain: string, namespace: string, account: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${account}`;
}

/** Makes a {@link SecretStore}: every identity has one leaf, and all are replaced at half of their life. */
export function createSecretStore(options: SecretStoreOptions): SecretStore {
  const { authority, leafTtlSeconds, onRotation } = options;
  const leaves = new Map<string, Promise<JsonObject>>();

  const issue = async (id: string): Promise<JsonObject> => {
    const { certificateChainPem, privateKeyPem } = await authority.issue(id);
    return {
      name: 'default',
      tlsCertificate: {
        certificateChain: { inlineString: certificateChainPem },
        privateKey: { inlineString: privateKeyPem },
      },
    };
  };
  const timer = setInterval(
    () => {
      for (const id of leaves.keys()) leaves.set(id, issue(id));
      onRotation();
    },
    (leafTtlSeconds * 1000) / 2,
  );
  timer.unref();
  const root: JsonObject = {
    name: 'ROOTCA',
    validationContext: { trustedCa: { inlineString: authority.rootPem } },
  };
  return {
    secretsOf: async (id) => {
      const leaf = leaves.get(id) ?? issue(id);
      leaves.set(id, leaf);
      return new Map([
        ['default', await leaf],
        ['ROOTCA', root],
      ]);
    },
    stop: () => clearInterval(timer),
  };
}
