import type { KeyObject } from 'node:crypto';

/** What both registry lines verify; anything else is refused when the key is read. */
export type Algorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256';

const BY_CURVE: Readonly<Record<string, Algorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/** @throws {Error} for a key that no registry line takes; `key-files.ts` refuses it with a reason before. */
export function algorithmOf(key: KeyObject): Algorithm {
  const algorithm = supportedAlgorithm(key);
  if (algorithm === undefined) throw new Error(`No token algorithm for a key of type ${key.asymmetricKeyType}`);
  return algorithm;
}

export function supportedAlgorithm(key: KeyObject): Algorithm | undefined {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType !== 'ec') return undefined;
  return BY_CURVE[key.asymmetricKeyDetails?.namedCurve ?? ''];
}

/** Name of the hash as WebCrypto wants it. */
export function hashOf(algorithm: Algorithm): string {
  return `SHA-${algorithm.slice(2)}`;
}
