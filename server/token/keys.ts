import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type CryptoKey, importPKCS8, type JWK } from 'jose';
import { type Clock, monotonic } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { errorText, StartError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Algorithm, algorithmOf, supportedAlgorithm } from './algorithm.ts';
import { isWorldReadable, readCertificates, readPrivateKey, validityOf } from './key-files.ts';
import { libtrustId, rfc7638Thumbprint } from './key-names.ts';
import { ensureKeyPair } from './key-pair.ts';
import { isLeafCurrent, issueLeaf, type Leaf, type LeafOptions, obtainLeaf } from './leaf.ts';

/** How the header of a token names the key that verifies it: a certificate chain (`x5c`) or a key ID (`kid`). */
export type Layout = 'leaf-x5c' | 'certificate-x5c' | 'kid-rfc7638' | 'kid-libtrust';

/** What is needed to sign a token in one layout. */
export interface SigningKey {
  readonly layout: Layout;
  readonly algorithm: Algorithm;
  readonly privateKey: CryptoKey;
  readonly kid: string;
  /** RFC 7515 §4.1.6: base64 DER, the signer's own certificate first. Undefined: no chain in the header. */
  readonly x5c: readonly string[] | undefined;
  /** Epoch milliseconds after which no registry accepts the certificate; undefined where none is carried. */
  readonly notAfter: number | undefined;
}

/**
 * Where the key came from: created by us, the operator's CA, the operator's end-entity certificate, or a key without a
 * certificate.
 */
export type KeySource = 'created' | 'ca' | 'certificate' | 'key';

export interface CertificateFacts {
  readonly subject: string;
  readonly fingerprint: string;
  readonly notAfter: number;
}

export interface Keys {
  readonly source: KeySource;
  readonly certificate: CertificateFacts | undefined;
  /** In the order in which `auto` tries them; the same array until the leaf is renewed. Some may have expired. */
  signingKeys(): readonly SigningKey[];
  /** PEM for the registry's `rootcertbundle`; undefined for a key without a certificate. */
  caPem(): string | undefined;
  /** JWK set (RFC 7517 §5) for the `jwks` setting of a registry 3.x. */
  jwks(): { readonly keys: readonly JWK[] };
  /** The leaf certificate is 20 days old, or not valid now because the clock was set. */
  isRenewalDue(): boolean;
  /**
   * Issues a new leaf certificate when that is due. Called by a timer and before signing. Never rejects: a failure is
   * logged.
   */
  renew(): Promise<void>;
  close(): void;
}

export interface OpenKeysOptions {
  readonly config: Config;
  /** Folder in which our own key pair is created, see `keyFolderOf`. */
  readonly confPath: string;
  readonly dataPath: string;
  /** True when this start created the database: only then a missing key pair is created. */
  readonly isNew: boolean;
  readonly now: () => number;
  readonly clock?: Clock;
  readonly log: Logger;
}

const RENEWAL_CHECK_MS = 3_600_000;
// After a failed renewal, requests within this pause do not try again.
const MIN_PAUSE_MS = 5000;

interface Material {
  readonly key: KeyObject;
  /**
   * The key's own certificate first, then the rest of the file: intermediates, or a predecessor or successor of the CA.
   */
  readonly certificates: readonly X509Certificate[];
  readonly source: KeySource;
}

/**
 * Reads or creates the signing key and its certificates, and starts the renewal timer; `close` stops it.
 * @throws {StartError} naming what is wrong with the files and how to fix it.
 */
export async function openKeys(options: OpenKeysOptions): Promise<Keys> {
  const { now, log, clock = monotonic } = options;
  const folder = join(options.dataPath, 'token');
  const material = await readMaterial(options, folder);
  const own = material.certificates[0];
  const leafOptions = own && {
    authority: { key: material.key, certificate: own },
    folder,
    now,
    lifetimeSeconds: options.config.registry.auth.lifetime,
    log,
  };
  if (own !== undefined) warnOfValidity(own, now(), log);
  let leaf = leafOptions && canIssue(own, now()) ? await obtainLeaf(leafOptions) : undefined;
  const source = material.source === 'ca' && leaf === undefined && !own?.ca ? 'certificate' : material.source;
  let signingKeys = await layouts(material, leaf);

  // A certificate that is valid now and still could not issue a leaf is treated as an end-entity certificate.
  const isAuthority = own?.ca === true && (leaf !== undefined || !canIssue(own, now()));
  let renewing: Promise<void> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  function isRenewalDue(): boolean {
    if (!isAuthority || (leaf !== undefined && isLeafCurrent(leaf, now()))) return false;
    if (renewing !== undefined) return true;
    return canIssue(own, now()) && clock() - failedAt >= MIN_PAUSE_MS;
  }

  async function renewLeaf(given: LeafOptions): Promise<void> {
    const renewed = await issueOrKeep(given, leaf, log);
    if (renewed === leaf) failedAt = clock();
    signingKeys = await layouts(material, renewed);
    leaf = renewed;
  }

  function renew(): Promise<void> {
    if (renewing !== undefined) return renewing;
    if (leafOptions === undefined || !isRenewalDue()) return Promise.resolve();
    renewing = renewLeaf(leafOptions).finally(() => {
      renewing = undefined;
    });
    return renewing;
  }
  const timer = setInterval(renew, RENEWAL_CHECK_MS);
  timer.unref();
  const jwks = await publicKeys(material);
  return {
    source,
    certificate: own && certificateFacts(own),
    signingKeys: () => signingKeys,
    caPem: () => (own === undefined ? undefined : material.certificates.map(String).join('')),
    jwks: () => jwks,
    isRenewalDue,
    renew,
    close: () => clearInterval(timer),
  };
}

async function readMaterial(options: OpenKeysOptions, folder: string): Promise<Material> {
  const { key: keyPath, cert: certPath } = options.config.registry.auth;
  if (keyPath !== null) {
    const source = certPath === null ? 'key' : 'ca';
    return { ...readPair(keyPath, certPath, ['registry.auth.key', 'registry.auth.cert'], options.log), source };
  }
  if (certPath !== null) {
    throw new StartError(['registry.auth.cert is set without registry.auth.key. Set the key of that certificate too.']);
  }
  const pair = await ensureKeyPair({ ...options, folder });
  const setting = 'the pair made at the first start';
  return { ...readPair(pair.keyPath, pair.certPath, [setting, setting], options.log), source: 'created' };
}

function readPair(keyPath: string, certPath: string | null, settings: readonly [string, string], log: Logger) {
  const key = readPrivateKey(keyPath, settings[0]);
  if (isWorldReadable(keyPath)) {
    log.warn({ key: keyPath }, `every user of this machine can read the signing key; run: chmod 600 ${keyPath}`);
  }
  if (certPath === null) return { key, certificates: [] };
  const all = readCertificates(certPath, settings[1]);
  const own = all.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) {
    throw new StartError([
      `The certificate ${certPath} belongs to another key than ${keyPath}. Use the certificate that was made with this key.`,
    ]);
  }
  return { key, certificates: [own, ...all.filter((certificate) => certificate !== own)] };
}

function warnOfValidity(certificate: X509Certificate, now: number, log: Logger): void {
  const { notBefore, notAfter } = validityOf(certificate);
  const facts = { subject: certificate.subject, notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
  if (notAfter <= now)
    log.warn(facts, 'the certificate of the signing key has expired; registries refuse tokens with it');
  if (notBefore > now) log.warn(facts, 'the certificate of the signing key is not valid yet; compare the clocks');
}

function canIssue(certificate: X509Certificate | undefined, now: number): boolean {
  if (certificate === undefined || !certificate.ca) return false;
  const { notBefore, notAfter } = validityOf(certificate);
  return notBefore <= now && now < notAfter;
}

/** When renewal fails, the old leaf is used until it expires; the next signature tries to renew again. */
async function issueOrKeep(options: LeafOptions, leaf: Leaf | undefined, log: Logger): Promise<Leaf | undefined> {
  try {
    const renewed = (await issueLeaf(options)) ?? leaf;
    if (renewed !== undefined) log.info({ notAfter: new Date(renewed.notAfter) }, 'signing certificate renewed');
    return renewed;
  } catch (error) {
    log.error({ error: errorText(error) }, 'the signing certificate could not be renewed');
    return leaf;
  }
}

async function layouts({ key, certificates }: Material, leaf: Leaf | undefined): Promise<readonly SigningKey[]> {
  const publicKey = createPublicKey(key);
  const root = { ...(await importForSigning(key)), kid: await rfc7638Thumbprint(publicKey) };
  const [own, ...others] = certificates;
  const between = others.filter((certificate) => !certificate.checkIssued(certificate)).map(toX5c);
  const result: SigningKey[] = [];
  if (leaf !== undefined && own !== undefined) result.push(await leafKey(leaf, own, between));
  if (own !== undefined) {
    const { notAfter } = validityOf(own);
    result.push({ ...root, layout: 'certificate-x5c', x5c: [toX5c(own), ...between], notAfter });
  }
  result.push({ ...root, layout: 'kid-rfc7638', x5c: undefined, notAfter: undefined });
  result.push({ ...root, layout: 'kid-libtrust', kid: libtrustId(publicKey), x5c: undefined, notAfter: undefined });
  return result;
}

async function leafKey(leaf: Leaf, authority: X509Certificate, between: readonly string[]): Promise<SigningKey> {
  const kid = await rfc7638Thumbprint(createPublicKey(leaf.key));
  // The registry has the root in its bundle. An intermediate may be missing there, so it goes into the chain.
  const chain = authority.checkIssued(authority) ? between : [toX5c(authority), ...between];
  const x5c = [toX5c(leaf.certificate), ...chain];
  return { ...(await importForSigning(leaf.key)), layout: 'leaf-x5c', kid, x5c, notAfter: leaf.notAfter };
}

/** Once per key, because it costs more than a signature. */
async function importForSigning(key: KeyObject): Promise<Pick<SigningKey, 'algorithm' | 'privateKey'>> {
  const algorithm = algorithmOf(key);
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { algorithm, privateKey: await importPKCS8(pem, algorithm) };
}

function toX5c(certificate: X509Certificate): string {
  return certificate.raw.toString('base64');
}

function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const { subject, fingerprint256 } = certificate;
  return { subject, fingerprint: fingerprint256, notAfter: validityOf(certificate).notAfter };
}

/** Every key under both key IDs, so that this one file is enough for either layout. */
async function publicKeys({ key, certificates }: Material): Promise<{ readonly keys: readonly JWK[] }> {
  const [own, ...rest] = certificates;
  // Other keys in the file: a predecessor or successor of our pair, not the authorities that issued it.
  const others = rest
    .filter((certificate) => !own?.checkIssued(certificate))
    .map((certificate) => certificate.publicKey);
  const keys: JWK[] = [];
  for (const publicKey of [createPublicKey(key), ...others.filter(supportedAlgorithm)]) {
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    for (const kid of [await rfc7638Thumbprint(publicKey), libtrustId(publicKey)])
      keys.push({ ...jwk, kid, use: 'sig' });
  }
  return { keys };
}
