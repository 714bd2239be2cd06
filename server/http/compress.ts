import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import Negotiator from 'negotiator';

export type Encoding = 'br' | 'gzip';

/** Smaller than that it fits one packet anyway. */
const MIN_BYTES = 1400;
/** Measured in docs/adr/0007-compression.md: more costs several times as much for a tenth of the bytes. */
const GZIP_LEVEL = 1;
const BROTLI_QUALITY = 1;

const [toGzip, toBrotli] = [promisify(gzip), promisify(brotliCompress)];

const SPOKEN = ['br', 'gzip'] as const;
// A longer list was made to keep us busy.
const MAX_ACCEPTED_LENGTH = 500;

/** What the client prefers of what we speak; undefined: as it is. */
export function encodingFor(accepted: string | undefined): Encoding | undefined {
  const headers = { 'accept-encoding': accepted?.slice(0, MAX_ACCEPTED_LENGTH) };
  return new Negotiator({ headers }).encodings(SPOKEN, { preferred: SPOKEN })[0];
}

/**
 * Compressed, an answer tells its length, and with it whether text of the address repeats what the page holds. Only
 * another site could make somebody's browser ask a thousand times, so what it asks for goes out as it is (BREACH).
 */
function isAskedByAnotherSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** Off the event loop: a page of 100 kB would hold it for a millisecond. */
function compressed(body: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return toGzip(body, { level: GZIP_LEVEL });
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  return toBrotli(body, { params: { [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [BROTLI_PARAM_SIZE_HINT]: body.length } });
}

/** Ends the answer with a text whose headers are set; never for what is written piece by piece. */
export async function sendText(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
  response.appendHeader('Vary', 'Accept-Encoding');
  // The length of a HEAD is that of its GET only when nobody compresses: better none.
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const body = Buffer.from(text, 'utf8');
  const isWorth = body.length >= MIN_BYTES && !isAskedByAnotherSite(request);
  const encoding = isWorth ? encodingFor(request.headers['accept-encoding']?.toString()) : undefined;
  const sent = encoding === undefined ? body : await compressed(body, encoding);
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding);
  response.setHeader('Content-Length', sent.length);
  response.end(sent);
}
