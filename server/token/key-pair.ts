import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { errorText, StartError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { createCaCertificate, generateSigningKey } from './certificates.ts';
import { writeAtomically } from './write-file.ts';

export interface KeyPairOptions {
  /** Folder of `auth.key` and `auth.cert`, see `keyFolderOf`. */
  readonly confPath: string;
  /** Folder below the data folder, for the file that remembers which pair we created. */
  readonly folder: string;
  /** True when this start created the database. */
  readonly isNew: boolean;
  readonly now: () => number;
  readonly log: Logger;
}

export interface KeyPairPaths {
  readonly keyPath: string;
  readonly certPath: string;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 20 * 365;

export interface KeyFolderOptions {
  readonly config: Pick<Config, 'registry' | 'data'>;
  readonly configFolder: string;
  /** The configuration is the operator's own file, not the one that ships with the product. */
  readonly isOperatorFile: boolean;
}

/**
 * Folder of the key pair that we create. In managed mode with the shipped configuration: beside that file, where people
 * look for it. Otherwise the data folder, because an operator's folder is not ours to write to. A pair that an earlier
 * version created beside the configuration stays there.
 */
export function keyFolderOf({ config, configFolder, isOperatorFile }: KeyFolderOptions): string {
  const { registry, data } = config;
  if (!isOperatorFile && registry.url === null) return configFolder;
  return wasMadeIn(configFolder, join(data.path, 'token')) ? configFolder : data.path;
}

function wasMadeIn(confPath: string, ownFolder: string): boolean {
  const files = [markerFile(ownFolder), join(confPath, 'auth.key'), join(confPath, 'auth.cert')];
  if (!files.every((path) => existsSync(path))) return false;
  try {
    const made = readFileSync(markerFile(ownFolder), 'utf8').trim();
    return new X509Certificate(readFileSync(join(confPath, 'auth.cert'))).fingerprint256 === made;
  } catch {
    // A file that cannot be read is not a certificate of ours.
    return false;
  }
}

/**
 * Paths of the key pair that we created; a new installation gets one now (writes `auth.key`, `auth.cert` and the marker
 * file).
 * @throws {StartError} when a pair was created before and a file of it is missing: a new pair would silently lock out
 * every registry that trusts the old one.
 */
export async function ensureKeyPair(options: KeyPairOptions): Promise<KeyPairPaths> {
  const keyPath = join(options.confPath, 'auth.key');
  const certPath = join(options.confPath, 'auth.cert');
  const missing = [keyPath, certPath].filter((path) => !existsSync(path));
  if (missing.length === 0) {
    remember(options.folder, certPath);
    return { keyPath, certPath };
  }
  refuseLostPair(missing, keyPath, options);
  await makePair(keyPath, certPath, options);
  return { keyPath, certPath };
}

function refuseLostPair(missing: readonly string[], keyPath: string, { folder, isNew }: KeyPairOptions): void {
  if (!isNew && existsSync(markerFile(folder))) {
    throw new StartError([
      `The signing key pair made at the first start is incomplete: ${missing.join(' and ')} is missing. ` +
        `Put it back from your backup; or, to have a new pair made that every registry must then be given, delete ${keyPath} and ${markerFile(folder)}.`,
    ]);
  }
  if (!missing.includes(keyPath)) {
    throw new StartError([
      `There is a key ${keyPath} without its certificate, and registry.auth.key is not set. ` +
        `Set registry.auth.key to ${keyPath} to sign with it, or move it away to have a new pair made.`,
    ]);
  }
}

async function makePair(keyPath: string, certPath: string, { folder, now, log }: KeyPairOptions): Promise<void> {
  const key = generateSigningKey();
  const validity = { notBefore: now() - DAY_MS, notAfter: now() + CA_DAYS * DAY_MS };
  const certificate = await createCaCertificate(key, 'CN=Registry Web token CA', validity);
  try {
    mkdirSync(dirname(keyPath), { recursive: true });
    // The key is written last, so that a key is never there without its certificate.
    writeAtomically(certPath, certificate, 0o644);
    writeAtomically(keyPath, key.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
    remember(folder, certPath);
  } catch (error) {
    throw notWritable(dirname(keyPath), error);
  }
  log.info({ key: keyPath, certificate: certPath }, 'signing key created');
}

function notWritable(folder: string, error: unknown): StartError {
  const uid = process.geteuid?.() ?? 0;
  return new StartError([
    `The signing key cannot be created in ${folder} by uid ${uid} (${errorText(error)}). ` +
      `Run: chown ${uid} ${folder}, or make a key yourself and name it in registry.auth.key.`,
  ]);
}

function markerFile(folder: string): string {
  return join(folder, 'created');
}

/** Stores the certificate's fingerprint: the marker that a pair was created. */
function remember(folder: string, certPath: string): void {
  if (existsSync(markerFile(folder))) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { fingerprint256 } = new X509Certificate(readFileSync(certPath));
  writeAtomically(markerFile(folder), `${fingerprint256}\n`, 0o600);
}
