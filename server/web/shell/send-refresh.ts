import type { Request, Response } from 'express';
import { compressText, type Encoding, encodingFor, sendText } from '../../http/compress.ts';
import { fillPlaceholders, viewerValues } from './placeholders.ts';
import type { SharedPage } from './shared-pages.ts';

/** Name of the viewer that the answer was made for. An open page that gets another name shows that its session ended. */
export const VIEWER_HEADER = 'X-Viewer';

const compressed = new WeakMap<SharedPage, Map<Encoding, Promise<Buffer>>>();

/**
 * Answers a background refresh: 304 when the page has this hash already. The form token is left out, because the open page
 * has one; so the answer is equal for many viewers and compressed once.
 */
export async function sendRefresh(page: SharedPage, name: string, request: Request, response: Response): Promise<void> {
  const tag = `"${page.hash}"`;
  response.set({ 'Cache-Control': 'no-store', ETag: tag, [VIEWER_HEADER]: name });
  if (request.headers['if-none-match'] === tag) {
    response.status(304).end();
    return;
  }
  response.type('html');
  const encoding = encodingFor(request.headers['accept-encoding']);
  if (page.hasName || encoding === undefined) return sendText(request, response, textFor(page, name));
  const body = await compressedOnce(page, encoding);
  response.set({ Vary: 'Accept-Encoding', 'Content-Encoding': encoding, 'Content-Length': String(body.length) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function textFor(page: SharedPage, name: string): string {
  return page.hasName ? fillPlaceholders(page.pieces, { name: viewerValues(name).name ?? '' }) : page.text;
}

function compressedOnce(page: SharedPage, encoding: Encoding): Promise<Buffer> {
  const known = compressed.get(page) ?? new Map<Encoding, Promise<Buffer>>();
  compressed.set(page, known);
  const body = known.get(encoding) ?? compressText(page.text, encoding);
  known.set(encoding, body);
  return body;
}
