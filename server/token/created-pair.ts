import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { errorText, StartError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { createCaCertificate, generateSigningKey } from './certificates.ts';
import { writeAtomically } from './write-file.ts';

export interface CreatedPairOptions {
  /** Folder of `auth.key` and `auth.cert`, see `keyFolderOf`. */
  readonly confPath: string;
  /** Our own folder below the data folder; remembers which pair was made. */
  readonly folder: string;
  /** True when the database was made by this start. */
  readonly isNew: boolean;
  readonly now: () => number;
  readonly log: Logger;
}

export interface PairPaths {
  readonly keyPath: string;
  readonly certPath: string;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 20 * 365;

export interface KeyFolderOptions {
  readonly config: Pick<Config, 'registry' | 'data'>;
  readonly configFolder: string;
  /** The configuration is a file of the operator's, not the one of this checkout. */
  readonly isOperators: boolean;
}

/**
 * Where the pair of our own lies: in managed mode with the checkout's own settings beside them, where people look for it;
 * otherwise in the data folder, never beside a file of the operator's. A pair that an earlier version made there stays.
 */
export function keyFolderOf({ config, configFolder, isOperators }: KeyFolderOptions): string {
  const { registry, data } = config;
  if (!isOperators && registry.url === null) return configFolder;
  return wasMadeIn(configFolder, join(data.path, 'token')) ? configFolder : data.path;
}

function wasMadeIn(confPath: string, ownFolder: string): boolean {
  const files = [markerFile(ownFolder), join(confPath, 'auth.key'), join(confPath, 'auth.cert')];
  if (!files.every((path) => existsSync(path))) return false;
  try {
    const made = readFileSync(markerFile(ownFolder), 'utf8').trim();
    return new X509Certificate(readFileSync(join(confPath, 'auth.cert'))).fingerprint256 === made;
  } catch {
    // What cannot be read is not a certificate of ours.
    return false;
  }
}

/**
 * The pair we made, making it first for a new installation.
 * @throws {StartError} when a pair was made before and is gone: a new one would silently lock every registry out.
 */
export async function createdPair(options: CreatedPairOptions): Promise<PairPaths> {
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

function refuseLostPair(missing: readonly string[], keyPath: string, { folder, isNew }: CreatedPairOptions): void {
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

async function makePair(keyPath: string, certPath: string, { folder, now, log }: CreatedPairOptions): Promise<void> {
  const key = generateSigningKey();
  const validity = { notBefore: now() - DAY_MS, notAfter: now() + CA_DAYS * DAY_MS };
  const certificate = await createCaCertificate(key, 'CN=Registry Web token CA', validity);
  try {
    mkdirSync(dirname(keyPath), { recursive: true });
    // The key last: where it stands, its certificate stands too.
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

/** Keeps the certificate's fingerprint, as the sign that a pair exists. */
function remember(folder: string, certPath: string): void {
  if (existsSync(markerFile(folder))) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { fingerprint256 } = new X509Certificate(readFileSync(certPath));
  writeAtomically(markerFile(folder), `${fingerprint256}\n`, 0o600);
}
