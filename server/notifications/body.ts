import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { BodyReservation } from './body-budget.ts';

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** Must not be parsed; `bytes` is the part that is stored. */
  | { readonly kind: 'odd'; readonly bytes: Buffer; readonly error: string }
  | { readonly kind: 'endless' }
  /** The memory limit is reached: the sender has to retry. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'aborted' };

/** Largest envelope that is parsed. A manifest has at most 4 MiB, and its references repeat part of it. */
export const MAX_BYTES = 8 * 1024 * 1024;
/**
 * A larger body is read and discarded up to this size, and its beginning is quarantined. Refusing it would make the
 * registry repeat it forever and block all later events; anybody who may push can craft such a manifest, since escaping
 * makes six bytes of one.
 */
const MAX_BYTES_READ = 32 * 1024 * 1024;
const MAX_KEPT_BYTES = 64 * 1024;

/**
 * Reads the request to its end, whatever it contains. Never rejects.
 * @param share Memory reservation, which the caller releases.
 */
export function readBody(request: IncomingMessage, share: BodyReservation): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES_READ) return Promise.resolve({ kind: 'endless' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > MAX_BYTES_READ) return finish({ kind: 'endless' });
      if (received > MAX_BYTES && chunks.length > 0) return;
      if (share.reserve(chunk.length)) chunks.push(chunk);
      else finish({ kind: 'busy' });
    });
    const finish = (body: Body) => {
      request.removeAllListeners('data').pause();
      chunks.length = 0;
      resolve(body);
    };
    request.once('end', () =>
      resolve(received > MAX_BYTES ? tooLarge(chunks, received) : decode(request, chunks, share)),
    );
    request.once('error', () => finish({ kind: 'aborted' }));
    request.once('close', () => finish({ kind: 'aborted' }));
  });
}

function tooLarge(chunks: readonly Buffer[], received: number): Body {
  const bytes = Buffer.concat(chunks).subarray(0, MAX_KEPT_BYTES);
  return { kind: 'odd', bytes, error: `too large: ${received} bytes` };
}

function decode(request: IncomingMessage, chunks: readonly Buffer[], share: BodyReservation): Body | Promise<Body> {
  const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return { kind: 'whole', bytes };
  const odd = (error: string): Body => ({ kind: 'odd', bytes: bytes.subarray(0, MAX_KEPT_BYTES), error });
  return encoding === 'gzip' ? inflate(bytes, odd, share) : odd(`unknown content encoding ${encoding.slice(0, 40)}`);
}

/** Inflates piece by piece, so that a decompression bomb costs no more than the limit. */
function inflate(bytes: Buffer, odd: (error: string) => Body, share: BodyReservation): Promise<Body> {
  return new Promise((resolve) => {
    const gunzip = createGunzip();
    const chunks: Buffer[] = [];
    let inflated = 0;
    gunzip.on('data', (chunk: Buffer) => {
      inflated += chunk.length;
      const isTooLarge = inflated > MAX_BYTES;
      if (!isTooLarge && share.reserve(chunk.length)) return void chunks.push(chunk);
      gunzip.destroy();
      resolve(isTooLarge ? odd('too large when inflated') : { kind: 'busy' });
    });
    gunzip.once('end', () => resolve({ kind: 'whole', bytes: Buffer.concat(chunks) }));
    gunzip.once('error', (error) => resolve(odd(`broken gzip: ${error.message}`)));
    gunzip.end(bytes);
  });
}
