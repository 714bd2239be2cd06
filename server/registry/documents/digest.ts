import { createHash } from 'node:crypto';
import { parseLimitedJson } from './json-limits.ts';

const LIMITS = { maxValues: 200_000, maxDepth: 100 };

/**
 * @param like A digest whose algorithm is used; default: sha256.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 */
export function digestOf(content: Buffer, like = 'sha256:'): string {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256';
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
}

interface Schema1Signature {
  readonly signatures?: readonly { readonly protected?: unknown }[];
}

/**
 * The content that a signed schema 1 manifest (registry 2.x) is addressed by: its text without the signatures. The
 * protected header says where it ended: the first `formatLength` bytes, then `formatTail`. Returns other content
 * unchanged.
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
