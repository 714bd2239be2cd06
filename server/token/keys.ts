import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type CryptoKey, importPKCS8, type JWK } from 'jose';
import { type Clock, monotonic } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { errorText, StartError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Algorithm, algorithmOf, supportedAlgorithm } from './algorithm.ts';
import { createdPair } from './created-pair.ts';
import { isWorldReadable, readCertificates, readPrivateKey, validityOf } from './key-files.ts';
import { libtrustId, rfc7638Thumbprint } from './key-names.ts';
import { issueLeaf, isTimely, type Leaf, type LeafOptions, obtainLeaf } from './leaf.ts';

/** How a token tells the registry which key verifies it. */
export type Layout = 'leaf-x5c' | 'certificate-x5c' | 'kid-rfc7638' | 'kid-libtrust';

/** Everything that signs a token in one layout. */
export interface SigningKey {
  readonly layout: Layout;
  readonly algorithm: Algorithm;
  readonly privateKey: CryptoKey;
  readonly kid: string;
  /** Base64 DER, the signer's own certificate first. */
  readonly x5c: readonly string[] | undefined;
  /** Epoch milliseconds after which no registry accepts the certificate; undefined where none is carried. */
  readonly notAfter: number | undefined;
}

/** Where the key came from: made by us, the operator's CA, the operator's plain certificate, or a key alone. */
export type KeySource = 'created' | 'ca' | 'certificate' | 'key';

export interface CertificateFacts {
  readonly subject: string;
  readonly fingerprint: string;
  readonly notAfter: number;
}

export interface Keys {
  readonly source: KeySource;
  readonly certificate: CertificateFacts | undefined;
  /** In the order in which `auto` tries them; the same array until the leaf is renewed. Some may not be good for now. */
  signingKeys(): readonly SigningKey[];
  /** What the registry gets as `rootcertbundle`; undefined for a key alone. */
  caPem(): string | undefined;
  /** What a registry 3.x may get as `jwks` instead. */
  jwks(): { readonly keys: readonly JWK[] };
  /** The leaf is 20 days old, or not valid now: the clock was set. */
  isRenewalDue(): boolean;
  /** Makes a new leaf when that is due; a timer does so while the process runs, and whoever signs. Never fails. */
  renew(): Promise<void>;
  close(): void;
}

export interface OpenKeysOptions {
  readonly config: Config;
  /** Folder in which a pair of our own is made: the one of the configuration file. */
  readonly confPath: string;
  readonly dataPath: string;
  /** True when the database was made by this start: only then a missing pair of our own is made. */
  readonly isNew: boolean;
  readonly now: () => number;
  readonly clock?: Clock;
  readonly log: Logger;
}

const RENEWAL_CHECK_MS = 3_600_000;
// One that cannot be made is not tried for each token.
const MIN_PAUSE_MS = 5000;

interface Material {
  readonly key: KeyObject;
  /** The key's own certificate first, then what else the file holds: intermediates, or a CA about to go or come. */
  readonly certificates: readonly X509Certificate[];
  readonly source: KeySource;
}

/** @throws {StartError} one plain sentence about what is wrong with the files and what to do. */
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

  // A certificate that was good and issued none never will: it is no authority after all.
  const isAuthority = own?.ca === true && (leaf !== undefined || !canIssue(own, now()));
  let renewing: Promise<void> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  function isRenewalDue(): boolean {
    if (!isAuthority || (leaf !== undefined && isTimely(leaf, now()))) return false;
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
  const pair = await createdPair({ ...options, folder });
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
    log.warn(facts, 'the certificate of the signing key has run out; registries refuse tokens with it');
  if (notBefore > now) log.warn(facts, 'the certificate of the signing key is not valid yet; compare the clocks');
}

function canIssue(certificate: X509Certificate | undefined, now: number): boolean {
  if (certificate === undefined || !certificate.ca) return false;
  const { notBefore, notAfter } = validityOf(certificate);
  return notBefore <= now && now < notAfter;
}

/** A leaf that cannot be renewed now still signs until it runs out, and the next that signs tries again. */
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
  // A root stands in the registry's bundle; an intermediate may not, and the chain is then refused without it.
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

/** Each key under both of its names: a registry that is only given this file then verifies either layout. */
async function publicKeys({ key, certificates }: Material): Promise<{ readonly keys: readonly JWK[] }> {
  const [own, ...rest] = certificates;
  // The predecessor or successor of our pair, not the authorities above it.
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
