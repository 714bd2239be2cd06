import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { Extension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { readCertificate } from '../../../server/artifacts/certificate.ts';

async function certificate() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = 'https://token.actions.githubusercontent.com';
  const value = Buffer.concat([Buffer.from([0x0c, issuer.length]), Buffer.from(issuer)]);
  return X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'O=sigstore.dev',
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2026-01-02'),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    keys,
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'email', value: 'lin@example.com' }]),
      new Extension('1.3.6.1.4.1.57264.1.8', false, value),
    ],
  });
}

test('names whom Fulcio made a certificate out to, and which provider knew them', async () => {
  const made = await certificate();
  for (const text of [made.toString('pem'), made.toString('base64')]) {
    assert.deepEqual(await readCertificate(text), {
      subject: 'lin@example.com',
      issuer: 'https://token.actions.githubusercontent.com',
      notBefore: Date.UTC(2026, 0, 1),
      notAfter: Date.UTC(2026, 0, 2),
    });
  }
});

for (const text of ['', 'not a certificate', 'A'.repeat(50_000), 7, null]) {
  test(`is no certificate: ${String(text).slice(0, 20)}`, async () => assert.equal(await readCertificate(text), null));
}
