/** Key files as operators make them. */
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type webcrypto as WebCrypto,
  webcrypto,
} from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

export type KeyKind = 'rsa' | 'ec' | 'p384' | 'ed25519' | 'weak-rsa' | 'secp256k1';

export function generateKey(kind: KeyKind, rsaBits = 2048): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: rsaBits }).privateKey;
  if (kind === 'weak-rsa') return generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const curves = { ec: 'prime256v1', p384: 'secp384r1', secp256k1: 'secp256k1' } as const;
  return generateKeyPairSync('ec', { namedCurve: curves[kind] }).privateKey;
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export interface CertificateOptions {
  readonly isCa: boolean;
  readonly name?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly issuer?: { readonly key: KeyObject; readonly pem: string };
}

const DAY_MS = 86_400_000;

/** PEM. What `openssl req -x509` makes is a CA (the old guides' certificate); `isCa: false` is what other tools make. */
export async function certificateFor(key: KeyObject, options: CertificateOptions): Promise<string> {
  const name = options.name ?? 'CN=localhost';
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: options.issuer === undefined ? name : new x509.X509Certificate(options.issuer.pem).subjectName,
    notBefore: options.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + 365 * DAY_MS),
    publicKey: new x509.PublicKey(publicDer(key)),
    signingKey: await cryptoKey(options.issuer?.key ?? key),
    signingAlgorithm: algorithm(options.issuer?.key ?? key),
    extensions: [new x509.BasicConstraintsExtension(options.isCa, undefined, true)],
  });
  return `${certificate.toString('pem')}\n`;
}

function publicDer(key: KeyObject): ArrayBuffer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return new Uint8Array(spki).buffer;
}

function algorithm(key: KeyObject) {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const isLarge = key.asymmetricKeyDetails?.namedCurve === 'secp384r1';
  return { name: 'ECDSA', namedCurve: isLarge ? 'P-384' : 'P-256', hash: isLarge ? 'SHA-384' : 'SHA-256' };
}

function cryptoKey(key: KeyObject): Promise<WebCrypto.CryptoKey> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, algorithm(key), true, ['sign']);
}

/** Writes `auth.key` (0600) and, where there is one, `auth.cert`. */
export async function writePair(folder: string, key: KeyObject, certificate?: string) {
  const keyPath = join(folder, 'operator.key');
  const certPath = join(folder, 'operator.cert');
  await writeFile(keyPath, pemOf(key), { mode: 0o600 });
  if (certificate !== undefined) await writeFile(certPath, certificate);
  return { keyPath, certPath };
}
