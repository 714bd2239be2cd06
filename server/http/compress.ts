import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import Negotiator from 'negotiator';

export type Encoding = 'br' | 'gzip';

/** Compressed forms of one text, for a text that is sent many times. */
export type CompressedForms = Map<Encoding, Promise<Buffer>>;

/** A smaller body fits into one packet anyway. */
const MIN_BYTES = 1400;
/** Measured in docs/adr/0007-compression.md: more costs several times as much for a tenth of the bytes. */
const GZIP_LEVEL = 1;
const BROTLI_QUALITY = 1;

const [toGzip, toBrotli] = [promisify(gzip), promisify(brotliCompress)];

const SUPPORTED = ['br', 'gzip'] as const;
// Longer lists are only sent to cost processor time.
const MAX_ACCEPTED_LENGTH = 500;

/**
 * The client's preferred encoding of those supported; undefined: send uncompressed.
 * @param accepted The `Accept-Encoding` header.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
export function encodingFor(accepted: string | undefined): Encoding | undefined {
  const headers = { 'accept-encoding': accepted?.slice(0, MAX_ACCEPTED_LENGTH) };
  return new Negotiator({ headers }).encodings(SUPPORTED, { preferred: SUPPORTED })[0];
}

/**
 * The length of a compressed page reveals whether text from its address repeats a secret in it (BREACH). Only requests
 * caused by another site could exploit that, so those are answered uncompressed.
 */
function isAskedByAnotherSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** In the thread pool: compressing 100 kB would block the event loop for a millisecond. */
function compressed(body: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return toGzip(body, { level: GZIP_LEVEL });
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  return toBrotli(body, { params: { [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [BROTLI_PARAM_SIZE_HINT]: body.length } });
}

function compressedOnce(body: Buffer, encoding: Encoding, forms: CompressedForms): Promise<Buffer> {
  const form = forms.get(encoding) ?? compressed(body, encoding);
  forms.set(encoding, form);
  return form;
}

/**
 * Sends the text, compressed if that is worth it, and ends the response. Content-Type must be set before; not for
 * streams.
 * @param text Or its UTF-8.
 * @param forms Of this text: a form that is missing is added.
 */
export async function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  text: string | Buffer,
  forms: CompressedForms = new Map(),
): Promise<void> {
  response.appendHeader('Vary', 'Accept-Encoding');
  // The length would depend on compression, so a HEAD is answered without one.
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const body = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  const isWorth = body.length >= MIN_BYTES && !isAskedByAnotherSite(request);
  const encoding = isWorth ? encodingFor(request.headers['accept-encoding']?.toString()) : undefined;
  const sent = encoding === undefined ? body : await compressedOnce(body, encoding, forms);
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding);
  response.setHeader('Content-Length', sent.length);
  response.end(sent);
}
