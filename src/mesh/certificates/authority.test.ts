import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { createCertificateAuthority } from './authority.ts';

const users = 'spiffe://cluster.local/ns/shop/sa/users';
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

it('signs leaves that carry the SPIFFE id and verify against their own root only', async () => {
  const authority = await createCertificateAuthority({ leafTtlSeconds: 3600, nowMs: () => nowMs });
  const other = await createCertificateAuthority({ leafTtlSeconds: 3600, nowMs: () => nowMs });
  const issued = await authority.issue(users);
  const leaf = new X509Certificate(issued.certificateChainPem);
  const root = new X509Certificate(authority.rootPem);
  expect(leaf.subjectAltName).toBe(`URI:${users}`);
  expect(leaf.subject ?? '').toBe('');
  expect(leaf.ca).toBe(false);
  expect(root.ca).toBe(true);
  expect(leaf.verify(root.publicKey)).toBe(true);
  expect(leaf.checkIssued(root)).toBe(true);
  expect(leaf.verify(new X509Certificate(other.rootPem).publicKey)).toBe(false);
  expect(leaf.checkPrivateKey(createPrivateKey(issued.privateKeyPem))).toBe(true);
});

it('ends a leaf after its time to live, and uses a new key and serial number every time', async () => {
  const authority = await createCertificateAuthority({ leafTtlSeconds: 90, nowMs: () => nowMs });
  const [first, second] = [await authority.issue(users), await authority.issue(users)];
  expect(first.notAfterMs).toBe(nowMs + 90_000);
  const [a, b] = [first, second].map(
    ({ certificateChainPem }) => new X509Certificate(certificateChainPem),
  );
  expect(a?.validToDate.getTime()).toBe(nowMs + 90_000);
  expect(a?.serialNumber).not.toBe(b?.serialNumber);
  expect(first.privateKeyPem).not.toBe(second.privateKeyPem);
});

it('writes years from 2050 on as GeneralizedTime', async () => {
  const late = Date.UTC(2051, 5, 1);
  const authority = await createCertificateAuthority({ leafTtlSeconds: 60, nowMs: () => late });
  const leaf = new X509Certificate((await authority.issue(users)).certificateChainPem);
  expect(leaf.validToDate.getTime()).toBe(late + 60_000);
});
