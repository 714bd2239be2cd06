import { randomBytes } from 'node:crypto';
import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { ANONYMOUS } from '../access/rights.ts';
import { AppError } from '../errors.ts';
import { toHttpError } from '../http/http-error.ts';
import type { Logger } from '../log.ts';
import type { Page, PageFactory, Viewer } from './page.ts';

export interface ErrorPageDeps {
  readonly createPage: PageFactory;
  readonly viewerOf: (request: Request) => Promise<Viewer>;
  readonly log: Logger;
}

const NOBODY: Viewer = {
  subject: ANONYMOUS,
  rights: { subject: ANONYMOUS, isAdmin: false, isAuditor: false, rules: [] },
  user: undefined,
  isSignedIn: false,
  mustChangePassword: false,
};

function titleKey(status: number): string {
  if (status === 404) return 'errors:page.missing_title';
  if (status === 403 || status === 401) return 'errors:page.denied_title';
  if (status === 502) return 'errors:page.upstream_title';
  if (status >= 500) return 'errors:page.broken_title';
  return 'errors:page.refused_title';
}

function sentence(error: unknown, status: number, page: Page): string {
  if (error instanceof AppError) return page.errorText(error);
  if (status === 404) return page.t('errors:page.missing');
  if (status === 413) return page.t('errors:page.too_large');
  return page.t(status < 500 ? 'errors:page.refused' : 'errors:page.broken');
}

export function missingPage(): RequestHandler {
  return () => {
    throw new AppError('NOT_FOUND', 'There is no such page.', { key: 'page.missing' });
  };
}

/** Every failure becomes a page in the reader's language; what nobody expected gets an id that stands in the log, too. */
export function errorPage({ createPage, viewerOf, log }: ErrorPageDeps): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, retryAfterSeconds } = toHttpError(error);
    const id = status >= 500 ? randomBytes(6).toString('hex') : undefined;
    if (id !== undefined) log.error({ error, id, method: request.method, path: request.path }, 'page failed');
    // When the database is what failed, there is no viewer, but still a page.
    const viewer = await viewerOf(request).catch(() => NOBODY);
    const page = createPage(request, response, viewer);
    if (retryAfterSeconds !== undefined) response.set('Retry-After', String(retryAfterSeconds));
    const text = sentence(error, status, page);
    await page.render('error', { title: page.t(titleKey(status)), bare: !viewer.isSignedIn, status, text, id }, status);
  };
}
