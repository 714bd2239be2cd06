import { randomFillSync } from 'node:crypto';
import { CompactSign } from 'jose';
import type { SigningKey } from './keys.ts';

/**
 * A JWT in compact serialization (RFC 7515 §3.1, RFC 7519). Signed in the thread pool: an RSA-4096 signature takes
 * milliseconds, which other requests do not wait for. jose's `SignJWT` would copy the claims first, which costs a tenth
 * of the signature.
 */
export function signToken(claims: object, { algorithm: alg, kid, x5c, privateKey }: SigningKey): Promise<string> {
  const header = { typ: 'JWT', alg, kid, ...(x5c && { x5c: [...x5c] }) };
  const payload = Buffer.from(JSON.stringify(claims));
  return new CompactSign(payload).setProtectedHeader(header).sign(privateKey);
}

const ID_BYTES = 16;
const pool = Buffer.alloc(256 * ID_BYTES);
let used = pool.length;

/** 128 random bits for the `jti` claim (RFC 7519 §4.1.7), drawn many at a time. */
export function randomTokenId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('base64url', used - ID_BYTES, used);
}
