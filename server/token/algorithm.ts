import type { KeyObject } from 'node:crypto';

/** The algorithms that registry 2.x and 3.x both verify. Keys of any other kind are refused when they are read. */
export type Algorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256';

const BY_CURVE: Readonly<Record<string, Algorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/**
 * The JWS algorithm (RFC 7518 §3.1) that belongs to this key.
 * @throws {Error} for an unsupported key; `readPrivateKey` refuses those before, with a reason.
 */
export function algorithmOf(key: KeyObject): Algorithm {
  const algorithm = supportedAlgorithm(key);
  if (algorithm === undefined) throw new Error(`No token algorithm for a key of type ${key.asymmetricKeyType}`);
  return algorithm;
}

/** The JWS algorithm of a key; `undefined` when the registry does not verify keys of this kind. */
export function supportedAlgorithm(key: KeyObject): Algorithm | undefined {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType !== 'ec') return undefined;
  return BY_CURVE[key.asymmetricKeyDetails?.namedCurve ?? ''];
}

/** Name of the hash as WebCrypto wants it. */
export function hashOf(algorithm: Algorithm): string {
  return `SHA-${algorithm.slice(2)}`;
}
