import { generateKeyPairSync, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import {
  Extension,
  GeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Signer } from './referrers.ts';

const ISSUER_OF_IDENTITY = '1.3.6.1.4.1.57264.1.8';
const IDENTITY = 'https://git.example.com/platform/pipelines/.github/workflows/release.yml@refs/heads/main';
const MINUTES_VALID = 10;

/** A certificate as Fulcio gives one to a pipeline for ten minutes. No authority trusts this one. */
export async function createSigner(at: number): Promise<Signer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const imported = (key: typeof privateKey, usage: 'sign' | 'verify') => {
    const form = usage === 'sign' ? 'pkcs8' : 'spki';
    const der = key.export({ type: form, format: 'der' } as never) as unknown as Buffer;
    return webcrypto.subtle.importKey(form, der, algorithm, true, [usage]);
  };
  const issuer = Buffer.from('https://token.actions.githubusercontent.com');
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=sigstore-intermediate, O=example.com',
    notBefore: new Date(at),
    notAfter: new Date(at + MINUTES_VALID * 60_000),
    keys: { privateKey: await imported(privateKey, 'sign'), publicKey: await imported(publicKey, 'verify') },
    signingAlgorithm: algorithm,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new SubjectAlternativeNameExtension([new GeneralName('url', IDENTITY)], true),
      new Extension(ISSUER_OF_IDENTITY, false, Buffer.concat([Buffer.from([0x0c, issuer.length]), issuer])),
    ],
  });
  return { certificate: certificate.toString('pem') };
}
