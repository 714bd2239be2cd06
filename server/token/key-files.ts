import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { errorText, StartError } from '../errors.ts';
import { supportedAlgorithm } from './algorithm.ts';

const MIN_RSA_BITS = 2048;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Reads a PEM private key.
 * @param setting Name of the configuration key, for the error message.
 * @throws {StartError} when the file is missing, empty, unreadable or encrypted, or the key is too weak or of an
 * unsupported kind.
 */
export function readPrivateKey(path: string, setting: string): KeyObject {
  const text = readText(path, setting);
  const key = parsePrivateKey(text, path);
  const type = key.asymmetricKeyType ?? 'unknown';
  if (type === 'ed25519' || type === 'ed448') {
    throw new StartError([
      `The signing key ${path} is an ${type === 'ed25519' ? 'Ed25519' : 'Ed448'} key: registry 2.x stops at start when it is given its certificate. Use an RSA or P-256 key.`,
    ]);
  }
  if (supportedAlgorithm(key) === undefined) {
    throw new StartError([
      `The signing key ${path} is of a kind (${type}) that registries do not verify. Use an RSA or P-256 key.`,
    ]);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < MIN_RSA_BITS) {
    throw new StartError([`The signing key ${path} has ${bits} bits. Make one with at least ${MIN_RSA_BITS}.`]);
  }
  return key;
}

function parsePrivateKey(text: string, path: string): KeyObject {
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw new StartError([
      `The signing key ${path} is protected by a passphrase. Write it without one: openssl pkey -in ${path} -out ${path}.plain`,
    ]);
  }
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw new StartError([`The file ${path} holds no PEM private key (${errorText(error)}).`]);
  }
}

/**
 * All certificates of a PEM file, in its order.
 * @throws {StartError} when it is missing, empty, unreadable or holds none.
 */
export function readCertificates(path: string, setting: string): readonly X509Certificate[] {
  const blocks = readText(path, setting).match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new StartError([`The file ${path} (${setting}) holds no PEM certificate.`]);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new StartError([`The certificate in ${path} (${setting}) cannot be read: ${errorText(error)}.`]);
  }
}

function readText(path: string, setting: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartError([unreadable(path, setting, error)]);
  }
  if (text.trim() === '') throw new StartError([`The file ${path} (${setting}) is empty.`]);
  return text;
}

function unreadable(path: string, setting: string, error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `The file ${path} does not exist; ${setting} names it.`;
  if (code === 'EISDIR') return `${path} is a folder; ${setting} must name a file.`;
  if (code === 'EACCES' || code === 'EPERM') {
    const uid = process.geteuid?.() ?? 0;
    return `The file ${path} (${setting}) cannot be read by uid ${uid}. Run: chown ${uid} ${path}`;
  }
  return `The file ${path} (${setting}) cannot be read: ${errorText(error)}.`;
}

/** Whether every user of this machine may read the file. @throws when there is no such file. */
export function isWorldReadable(path: string): boolean {
  return (statSync(path).mode & 0o004) !== 0;
}

/** Both in epoch milliseconds. */
export function validityOf(certificate: X509Certificate): { notBefore: number; notAfter: number } {
  return { notBefore: Date.parse(certificate.validFrom), notAfter: Date.parse(certificate.validTo) };
}

/** Whether `issuer` may issue certificates, and issued this one: names, key usage and signature. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
