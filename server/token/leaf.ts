import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import { createLeafCertificate, generateSigningKey } from './certificates.ts';
import { isIssuedBy, validityOf } from './key-files.ts';
import { writeAtomically } from './write-file.ts';

export interface Leaf {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface LeafAuthority {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

export interface LeafOptions {
  readonly authority: LeafAuthority;
  /** Folder in which the leaf is stored, for the next start. */
  readonly folder: string;
  readonly now: () => number;
  /** Lifetime of a token; the certificate outlives the last token that it signs. */
  readonly lifetimeSeconds: number;
  readonly log: Logger;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
// Registries check these dates without leeway, and their clock may be behind ours.
const BACKDATED_MS = HOUR_MS;
const RENEW_AFTER_MS = 20 * DAY_MS;
const SPARE_MS = 10 * DAY_MS;

/**
 * The stored leaf certificate while it is valid and issued by this CA, else a new one, which is stored. `undefined`:
 * this CA certificate cannot issue certificates.
 */
export async function obtainLeaf(options: LeafOptions): Promise<Leaf | undefined> {
  const kept = readLeaf(options.folder);
  if (kept !== undefined && isGood(kept, options)) return kept;
  return issueLeaf(options);
}

function isGood(leaf: Leaf, { authority, now }: LeafOptions): boolean {
  return isLeafCurrent(leaf, now()) && isIssuedBy(leaf.certificate, authority.certificate);
}

/** Whether the leaf needs no renewal. Cheap: it is checked for each token. @param at Epoch milliseconds. */
export function isLeafCurrent({ notBefore, notAfter }: Leaf, at: number): boolean {
  return notBefore <= at && at < notBefore + BACKDATED_MS + RENEW_AFTER_MS && at < notAfter;
}

/**
 * Issues a leaf certificate with a new key and stores both; a failure to store is only logged. `undefined`: this CA
 * certificate cannot issue certificates.
 */
export async function issueLeaf(options: LeafOptions): Promise<Leaf | undefined> {
  const { authority, now, lifetimeSeconds } = options;
  const key = generateSigningKey();
  const ca = validityOf(authority.certificate);
  const wanted = now() + RENEW_AFTER_MS + Math.max(SPARE_MS, lifetimeSeconds * 1000 + DAY_MS);
  const pem = await createLeafCertificate({
    key,
    caKey: authority.key,
    caCertificate: authority.certificate.toString(),
    notBefore: Math.max(now() - BACKDATED_MS, ca.notBefore),
    notAfter: Math.min(wanted, ca.notAfter),
  });
  const certificate = new X509Certificate(pem);
  if (!isIssuedBy(certificate, authority.certificate)) return undefined;
  keepLeaf(options, `${key.export({ type: 'pkcs8', format: 'pem' })}${pem}`);
  return { key, certificate, ...validityOf(certificate) };
}

/** A leaf that cannot be stored is used all the same: the next start issues another. */
function keepLeaf({ folder, log }: LeafOptions, pem: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeAtomically(leafFile(folder), pem, 0o600);
  } catch (error) {
    log.warn(
      { error: errorText(error), folder },
      'the signing certificate could not be stored; it is used until the next start',
    );
  }
}

function leafFile(folder: string): string {
  return join(folder, 'leaf.pem');
}

/** `undefined` whatever is wrong with the file: a new leaf can be issued. */
function readLeaf(folder: string): Leaf | undefined {
  try {
    const text = readFileSync(leafFile(folder), 'utf8');
    const certificate = new X509Certificate(text);
    const key = createPrivateKey(text);
    if (!certificate.checkPrivateKey(key)) return undefined;
    return { key, certificate, ...validityOf(certificate) };
  } catch {
    return undefined;
  }
}
