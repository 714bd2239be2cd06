import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** Not to be parsed: `bytes` is what we keep of it. */
  | { readonly kind: 'odd'; readonly bytes: Buffer; readonly error: string }
  | { readonly kind: 'endless' }
  | { readonly kind: 'aborted' };

/** What an envelope may weigh. A manifest has at most 4 MiB, and its references repeat part of it. */
export const MOST_BYTES = 8 * 1024 * 1024;
/**
 * Up to here the rest is read and dropped, and the beginning kept aside: whoever may push could otherwise craft a
 * manifest whose event (escaping makes six bytes of one) we refuse for ever, and with it all later events.
 */
const MOST_BYTES_READ = 32 * 1024 * 1024;
const KEPT_OF_ODD = 64 * 1024;

/** Reads the request to its end, whatever it contains. Never rejects. */
export function readBody(request: IncomingMessage): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES_READ) return Promise.resolve({ kind: 'endless' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received <= MOST_BYTES || chunks.length === 0) chunks.push(chunk);
      if (received > MOST_BYTES_READ) finish({ kind: 'endless' });
    });
    const finish = (body: Body) => {
      request.removeAllListeners('data').pause();
      resolve(body);
    };
    request.once('end', () => resolve(received > MOST_BYTES ? tooLarge(chunks, received) : decode(request, chunks)));
    request.once('error', () => finish({ kind: 'aborted' }));
    request.once('close', () => finish({ kind: 'aborted' }));
  });
}

function tooLarge(chunks: readonly Buffer[], received: number): Body {
  const bytes = Buffer.concat(chunks).subarray(0, KEPT_OF_ODD);
  return { kind: 'odd', bytes, error: `too large: ${received} bytes` };
}

function decode(request: IncomingMessage, chunks: readonly Buffer[]): Body | Promise<Body> {
  const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return { kind: 'whole', bytes };
  const odd = (error: string): Body => ({ kind: 'odd', bytes: bytes.subarray(0, KEPT_OF_ODD), error });
  return encoding === 'gzip' ? inflate(bytes, odd) : odd(`unknown content encoding ${encoding.slice(0, 40)}`);
}

/** Inflates piece by piece, so that a bomb costs no more than the limit. */
function inflate(bytes: Buffer, odd: (error: string) => Body): Promise<Body> {
  return new Promise((resolve) => {
    const gunzip = createGunzip();
    const chunks: Buffer[] = [];
    let inflated = 0;
    gunzip.on('data', (chunk: Buffer) => {
      inflated += chunk.length;
      if (inflated <= MOST_BYTES) return void chunks.push(chunk);
      gunzip.destroy();
      resolve(odd('too large when inflated'));
    });
    gunzip.once('end', () => resolve({ kind: 'whole', bytes: Buffer.concat(chunks) }));
    gunzip.once('error', (error) => resolve(odd(`broken gzip: ${error.message}`)));
    gunzip.end(bytes);
  });
}
