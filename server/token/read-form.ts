import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';

export const MAX_FORM_BYTES = 64 * 1024;
// Up to this size the rest of a too large body is read and discarded, so that the client sees our answer instead of a
// reset connection.
const MAX_DRAINED_BYTES = 4 * 1024 * 1024;

/**
 * Reads an `application/x-www-form-urlencoded` body.
 * @throws {AppError} INVALID for another media type or a body that ends early, TOO_LARGE above 64 KB.
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') {
    request.resume();
    throw new AppError('INVALID', 'The body must be of the type application/x-www-form-urlencoded');
  }
  return new URLSearchParams((await readBody(request)).toString('utf8'));
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_FORM_BYTES) chunks.push(chunk);
      else if (size > MAX_DRAINED_BYTES) request.destroy();
    });
    request.on('end', () => {
      if (size <= MAX_FORM_BYTES) resolve(Buffer.concat(chunks));
      else reject(new AppError('TOO_LARGE', `The form is larger than ${MAX_FORM_BYTES} bytes`));
    });
    request.on('error', () => reject(new AppError('INVALID', 'The request ended early')));
    request.on('close', () => reject(new AppError('INVALID', 'The request ended early')));
  });
}
