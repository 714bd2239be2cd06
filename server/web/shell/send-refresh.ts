import type { Request, Response } from 'express';
import { type CompressedForms, sendText } from '../../http/compress.ts';
import { fillPlaceholders, viewerValues } from './placeholders.ts';
import type { SharedPage } from './shared-pages.ts';

/** Name of the viewer that the answer was made for. An open page that gets another name shows that its session ended. */
export const VIEWER_HEADER = 'X-Viewer';

const forms = new WeakMap<SharedPage, CompressedForms>();

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
  if (page.hasName)
    return sendText(request, response, fillPlaceholders(page.pieces, { name: viewerValues(name).name ?? '' }));
  const known = forms.get(page) ?? new Map();
  forms.set(page, known);
  await sendText(request, response, page.text, known);
}
