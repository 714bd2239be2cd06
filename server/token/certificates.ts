import { createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import type { X509CertificateCreateParamsName } from '@peculiar/x509';
import { algorithmOf, hashOf } from './algorithm.ts';
import { hasLeadingZero } from './key-names.ts';

export interface Validity {
  /** Epoch milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Loaded on demand: it takes a third of a second, and most starts issue no certificate. */
async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** A new P-256 key whose thumbprint every registry computes alike, see `hasLeadingZero`. */
export function generateSigningKey(): KeyObject {
  for (;;) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    if (!hasLeadingZero(publicKey)) return privateKey;
  }
}

/**
 * A self-signed CA certificate for the registry's `auth.token.rootcertbundle`, as PEM.
 * @param name Subject in X.500 notation: `CN=…`.
 */
export async function createCaCertificate(key: KeyObject, name: string, validity: Validity): Promise<string> {
  const x509 = await loadX509();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    ...dates(validity),
    keys: { privateKey: await toCryptoKey(key, 'sign'), publicKey: await toCryptoKey(createPublicKey(key), 'verify') },
    signingAlgorithm: signingAlgorithm(key),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

export interface LeafRequest extends Validity {
  readonly key: KeyObject;
  readonly caKey: KeyObject;
  readonly caCertificate: string;
}

/**
 * An end-entity certificate for signing tokens, issued by the CA, as PEM. `createLeafCertificate` does not check that
 * the CA may issue it.
 */
export async function createLeafCertificate({ key, caKey, caCertificate, ...validity }: LeafRequest): Promise<string> {
  const x509 = await loadX509();
  const issuer: X509CertificateCreateParamsName = new x509.X509Certificate(caCertificate).subjectName;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=Registry Web token signer',
    issuer,
    ...dates(validity),
    publicKey: await toCryptoKey(createPublicKey(key), 'verify'),
    signingKey: await toCryptoKey(caKey, 'sign'),
    signingAlgorithm: signingAlgorithm(caKey),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

function dates({ notBefore, notAfter }: Validity) {
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

function signingAlgorithm(key: KeyObject) {
  const hash = hashOf(algorithmOf(key));
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash };
  return { name: 'ECDSA', namedCurve: curveName(key), hash };
}

function curveName(key: KeyObject): string {
  return { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', RS256: '' }[algorithmOf(key)];
}

function toCryptoKey(key: KeyObject, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey> {
  const algorithm = signingAlgorithm(key);
  if (usage === 'verify') {
    return webcrypto.subtle.importKey('spki', key.export({ type: 'spki', format: 'der' }), algorithm, true, [usage]);
  }
  return webcrypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), algorithm, true, [usage]);
}
