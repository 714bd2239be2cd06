import { createHash } from 'node:crypto';
import { parseLimitedJson } from './json-limits.ts';

const LIMITS = { maxValues: 200_000, maxDepth: 100 };

/** @param like a digest whose algorithm is used; sha256 without one. */
export function digestOf(content: Buffer, like = 'sha256:'): string {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256';
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
}

interface Schema1Signature {
  readonly signatures?: readonly { readonly protected?: unknown }[];
}

/**
 * A signed schema 1 manifest (registry 2.x) is addressed by its text without the signatures. Where the text ended is
 * told by the signature itself: its first `formatLength` bytes, then `formatTail`.
 */
export function signedPayload(raw: Buffer): Buffer {
  try {
    const { signatures } = parseLimitedJson(raw, LIMITS) as Schema1Signature;
    const header = JSON.parse(Buffer.from(String(signatures?.[0]?.protected), 'base64url').toString('utf8'));
    return Buffer.concat([raw.subarray(0, header.formatLength), Buffer.from(header.formatTail, 'base64url')]);
  } catch {
    return raw;
  }
}
