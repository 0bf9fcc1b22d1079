import { generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import {
  bitString,
  booleanTrue,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';

/** A certificate with its private key, both PEM, as an SDS secret carries them. */
export interface IssuedCertificate {
  certificateChainPem: string;
  privateKeyPem: string;
  /** Milliseconds since the epoch. */
  notAfterMs: number;
}

/** The authority that signs the identities of one instance; its key never leaves the process. */
export interface CertificateAuthority {
  rootPem: string;
  /** Signs a fresh key for `spiffeId`, e.g. `spiffe://cluster.local/ns/shop/sa/users`. */
  issue(spiffeId: string): Promise<IssuedCertificate>;
}

/** What {@link createCertificateAuthority} needs. */
export interface AuthorityOptions {
  /** Life of a leaf. */
  leafTtlSeconds: number;
  nowMs(): number;
}

const rootTtlMs = 365 * 24 * 3600 * 1000;
// A peer's clock may be a little behind ours.
const backdateMs = 60_000;
const newKeys = promisify(generateKeyPair);

// RFC 5480 and RFC 5280.
const oid = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  organization: '2.5.4.10',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};
const rootName = sequence(
  set(sequence(objectIdentifier(oid.organization), utf8String('cluster.local'))),
);
const signatureAlgorithm = sequence(objectIdentifier(oid.ecdsaWithSha256));

// digitalSignature is bit 0, keyCertSign bit 5, cRLSign bit 6.
const rootExtensions = [
  extension(oid.basicConstraints, true, sequence(booleanTrue())),
  extension(oid.keyUsage, true, bitString(Buffer.from([0b0000_0110]), 1)),
];

interface Contents {
  subject: Buffer;
  publicKey: KeyObject;
  notBeforeMs: number;
  notAfterMs: number;
  extensions: Buffer[];
}

/**
 * Makes a certificate authority with a new P-256 key. Leaves are what Istio's are: empty subject, the SPIFFE id as
 * critical URI SAN, for servers and clients.
 */
export async function createCertificateAuthority(
  options: AuthorityOptions,
): Promise<CertificateAuthority> {
  const { leafTtlSeconds, nowMs } = options;
  const root = await newKeys('ec', { namedCurve: 'P-256' });
  const rootPem = certificatePem(
    {
      subject: rootName,
      publicKey: root.publicKey,
      notBeforeMs: nowMs() - backdateMs,
      notAfterMs: nowMs() + rootTtlMs,
      extensions: rootExtensions,
    },
    root.privateKey,
  );
  return {
    rootPem,
    issue: async (spiffeId) => {
      const keys = await newKeys('ec', { namedCurve: 'P-256' });
      // Certificates tell whole seconds: rounded down, a short life would end before its time.
      const notAfterMs = Math.ceil(nowMs() / 1000 + leafTtlSeconds) * 1000;
      return {
        certificateChainPem: certificatePem(
          {
            subject: sequence(),
            publicKey: keys.publicKey,
            notBeforeMs: nowMs() - backdateMs,
            notAfterMs,
            extensions: leafExtensions(spiffeId),
          },
          root.privateKey,
        ),
        privateKeyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        notAfterMs,
      };
    },
  };
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(id), ...(critical ? [booleanTrue()] : []), octetString(value));
}

function leafExtensions(spiffeId: string): Buffer[] {
  return [
    extension(oid.keyUsage, true, bitString(Buffer.from([0b1000_0000]), 7)),
    extension(
      oid.extendedKeyUsage,
      false,
      sequence(objectIdentifier(oid.serverAuth), objectIdentifier(oid.clientAuth)),
    ),
    extension(oid.basicConstraints, true, sequence()),
    // Critical, as the subject is empty; [6] is uniformResourceIdentifier.
    extension(oid.subjectAltName, true, sequence(element(0x86, Buffer.from(spiffeId, 'latin1')))),
  ];
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function certificatePem(contents: Contents, signingKey: KeyObject): string {
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    signatureAlgorithm,
    rootName,
    sequence(time(contents.notBeforeMs), time(contents.notAfterMs)),
    contents.subject,
    contents.publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...contents.extensions)),
  );
  const signature = sign('sha256', toBeSigned, { key: signingKey, dsaEncoding: 'der' });
  return pem('CERTIFICATE', sequence(toBeSigned, signatureAlgorithm, bitString(signature)));
}
