import { expect, it } from 'vitest';
import { fileSecrets } from './file-secrets.ts';

const cluster = (...names: string[]) => ({
  cds: new Map([['c', { name: 'c', secrets: names.map((name) => ({ name })) }]]),
});

it('reads what clusters name by file, and the authorities of this machine', () => {
  const secrets = fileSecrets(
    cluster('ROOTCA', 'file-root:/ca.pem', 'file-cert:/c.pem~/k.pem', 'file-root:system'),
    () => true,
  );
  expect([...secrets.keys()]).toEqual([
    'file-root:/ca.pem',
    'file-cert:/c.pem~/k.pem',
    'file-root:system',
  ]);
  expect(secrets.get('file-root:/ca.pem')).toEqual({
    name: 'file-root:/ca.pem',
    validationContext: { trustedCa: { filename: '/ca.pem' } },
  });
  expect(secrets.get('file-cert:/c.pem~/k.pem')).toMatchObject({
    tlsCertificate: {
      certificateChain: { filename: '/c.pem' },
      privateKey: { filename: '/k.pem' },
    },
  });
  expect(JSON.stringify(secrets.get('file-root:system'))).toContain('BEGIN CERTIFICATE');
});

it('names a file that is not there', () => {
  expect(() =>
    fileSecrets(cluster('file-cert:/c.pem~/k.pem'), (file) => file !== '/k.pem'),
  ).toThrow('/k.pem');
});
