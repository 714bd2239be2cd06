import { createHash, type JsonWebKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LIBTRUST_BYTES = 30;

/**
 * Key ID of registry 2.x (libtrust): the first 240 bits of the SHA-256 of the public key (DER), in base32, twelve
 * groups of four.
 */
export function libtrustId(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const text = base32(createHash('sha256').update(der).digest().subarray(0, LIBTRUST_BYTES));
  return (text.match(/.{4}/g) ?? []).join(':');
}

/** For lengths that are a multiple of five bytes, which need no padding. */
function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31];
  }
  return text;
}

/** Key ID of registry 3.x: the JWK thumbprint (SHA-256). @see https://www.rfc-editor.org/rfc/rfc7638 */
export function rfc7638Thumbprint(publicKey: KeyObject): Promise<string> {
  return calculateJwkThumbprint(publicKey.export({ format: 'jwk' }) as JWK);
}

/**
 * Registry 3.1 drops leading zero bytes of a coordinate before it hashes, so it would compute another thumbprint than
 * we do.
 */
export function hasLeadingZero(publicKey: KeyObject): boolean {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' }) as JsonWebKey;
  return [x, y].some((coordinate) => Buffer.from(coordinate, 'base64url')[0] === 0);
}
