import type { Request, Response } from 'express';
import { compressText, type Encoding, encodingFor, sendText } from '../../http/compress.ts';
import { isBackground, isPrefetch } from './background.ts';
import { fill, personValues } from './holes.ts';
import type { SharedPage } from './shared-pages.ts';

/** Who the page is for: an open page that got somebody else's has ended. */
export const VIEWER_HEADER = 'X-Viewer';

/** An open page asks for itself. */
export function isAskedAgain(request: Request): boolean {
  return isBackground(request) && !isPrefetch(request);
}

const compressed = new WeakMap<SharedPage, Map<Encoding, Promise<Buffer>>>();

/** Without the form token, which the open page has: so the answer is the same for everybody, and compressed once. */
export async function sendAgain(page: SharedPage, name: string, request: Request, response: Response): Promise<void> {
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
  return page.hasName ? fill(page.pieces, { name: personValues(name).name ?? '' }) : page.text;
}

function compressedOnce(page: SharedPage, encoding: Encoding): Promise<Buffer> {
  const known = compressed.get(page) ?? new Map<Encoding, Promise<Buffer>>();
  compressed.set(page, known);
  const body = known.get(encoding) ?? compressText(page.text, encoding);
  known.set(encoding, body);
  return body;
}
