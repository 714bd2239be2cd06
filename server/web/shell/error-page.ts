import { randomBytes } from 'node:crypto';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { ANONYMOUS } from '../../access/rights.ts';
import { AppError } from '../../errors.ts';
import { toHttpError } from '../../http/http-error.ts';
import type { Logger } from '../../log.ts';
import { isBackground } from './background.ts';
import { errorState } from './error-state.ts';
import { type NearReferences, nearMatches } from './near-matches.ts';
import type { PageFactory } from './page.ts';
import { signInPath } from './sign-in-path.ts';
import type { Viewer } from './viewer.ts';

export interface ErrorPageDeps {
  readonly createPage: PageFactory;
  readonly viewerOf: (request: Request) => Promise<Viewer>;
  /** Names of admins, shown when a signed-in user lacks a right. */
  readonly administrators: () => Promise<readonly string[]>;
  readonly near: NearReferences;
  readonly log: Logger;
}

const NOBODY: Viewer = {
  subject: ANONYMOUS,
  rights: { subject: ANONYMOUS, isAdmin: false, isAuditor: false, rules: [] },
  user: undefined,
  isSignedIn: false,
  mustChangePassword: false,
};

export function missingPage(): RequestHandler {
  return () => {
    throw new AppError('NOT_FOUND', 'There is no such page.', { key: 'page.missing' });
  };
}

/** Renders any error as a page in the reader's language, with an id that is also in the log. */
export function errorPage(deps: ErrorPageDeps): ErrorRequestHandler {
  const { createPage, viewerOf, administrators, log } = deps;
  async function show(error: unknown, request: Request, response: Response): Promise<void> {
    const { status, retryAfterSeconds } = toHttpError(error);
    const id = noteFailure(log, error, status, request);
    // When the database failed there is no viewer; the page is rendered all the same.
    const viewer = await viewerOf(request).catch(() => NOBODY);
    const page = createPage(request, response, viewer);
    if (retryAfterSeconds !== undefined) response.set('Retry-After', String(retryAfterSeconds));
    const asks = status === 403 && viewer.isSignedIn && !viewer.rights.isAdmin;
    const names = asks ? await administrators().catch(() => []) : [];
    const canRetry = request.method === 'GET' || request.method === 'HEAD';
    const state = errorState({ error, status, administrators: names, canRetry }, page);
    const near = status === 404 ? await nearMatches(page, request, deps.near) : [];
    await page.render('shell/error', { ...state, near, bare: !viewer.isSignedIn, status, id }, status);
  }

  return async (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    if (error instanceof AppError && error.code === 'UNAUTHENTICATED' && !isBackground(request)) {
      const viewer = await viewerOf(request).catch(() => NOBODY);
      return createPage(request, response, viewer).redirect(signInPath(request));
    }
    await show(error, request, response);
  };
}

/** Missing pages are requested all day by robots: they get no id and are not logged. */
function noteFailure(log: Logger, error: unknown, status: number, request: Request): string | undefined {
  if (status === 404 || status === 401) return undefined;
  const id = randomBytes(6).toString('hex');
  const { method, path } = request;
  if (status >= 500) log.error({ error, id, method, path }, 'page failed');
  else log.info({ id, status, method, path, reason: error instanceof Error ? error.message : '' }, 'page refused');
  return id;
}
