import { randomFillSync, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { hashOf } from './algorithm.ts';
import type { SigningKey } from './keys.ts';

const signInBackground = promisify(sign) as (
  algorithm: string,
  data: Buffer,
  key: { readonly key: SigningKey['privateKey']; readonly dsaEncoding: 'ieee-p1363' },
) => Promise<Buffer>;

const headers = new WeakMap<SigningKey, string>();

/** The header is the same for all tokens of a key, and with `x5c` it is the larger half of a token. */
function headerOf(key: SigningKey): string {
  const known = headers.get(key);
  if (known !== undefined) return known;
  const { algorithm: alg, kid, x5c } = key;
  const text = JSON.stringify({ typ: 'JWT', alg, kid, ...(x5c && { x5c }) });
  const encoded = `${Buffer.from(text).toString('base64url')}.`;
  headers.set(key, encoded);
  return encoded;
}

/** A compact JWS. Signed with node:crypto itself: the layer of promises above WebCrypto costs three times the signature. */
export function signJwt(claims: object, key: SigningKey): string | Promise<string> {
  const text = headerOf(key) + Buffer.from(JSON.stringify(claims)).toString('base64url');
  const options = { key: key.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  const hash = hashOf(key.algorithm);
  // An RSA-4096 signature takes milliseconds, which other requests shall not wait for.
  if (key.algorithm === 'RS256') {
    return signInBackground(hash, Buffer.from(text), options).then((bytes) => joined(text, bytes));
  }
  return joined(text, sign(hash, Buffer.from(text), options));
}

function joined(text: string, signature: Buffer): string {
  return `${text}.${signature.toString('base64url')}`;
}

const ID_BYTES = 16;
const pool = Buffer.alloc(256 * ID_BYTES);
let used = pool.length;

/** 128 random bits, drawn many at a time. */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('base64url', used - ID_BYTES, used);
}
