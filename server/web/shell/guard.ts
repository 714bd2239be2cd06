import type { Request, Response } from 'express';
import { AppError } from '../../errors.ts';
import { isBackgroundRefresh } from './background.ts';
import type { Confirmation } from './confirmed.ts';
import { ownPath } from './own-path.ts';
import type { Page, PageFactory } from './page.ts';
import type { Guard, Policy } from './routes.ts';
import { signInPath } from './sign-in-path.ts';
import type { Viewer } from './viewer.ts';

export type Verdict = 'open' | 'sign-in' | 'set-password' | 'denied' | 'missing';

/** Who may open a route. What the page then shows is filtered by the viewer's rights. */
export function decide(policy: Policy, viewer: Viewer, authEnabled: boolean): Verdict {
  if (policy === 'public') return 'open';
  if (policy === 'setup') return viewer.mustChangePassword ? 'open' : 'missing';
  if (viewer.mustChangePassword) return 'set-password';
  const { isAdmin, isAuditor, rules } = viewer.rights;
  if (policy === 'browse') return viewer.isSignedIn || isAdmin || isAuditor || rules.length > 0 ? 'open' : 'sign-in';
  if (policy === 'auditor' && (isAdmin || isAuditor)) return 'open';
  if (!authEnabled) return 'missing';
  if (!viewer.isSignedIn) return 'sign-in';
  return policy === 'signed-in' || isAdmin ? 'open' : 'denied';
}

export interface GuardDeps {
  readonly viewerOf: (request: Request) => Promise<Viewer>;
  readonly createPage: PageFactory;
  readonly authEnabled: boolean;
  readonly confirmation: Confirmation;
}

export function createGuard({ viewerOf, createPage, authEnabled, confirmation }: GuardDeps): Guard {
  async function isProven(page: Page, request: Request, response: Response): Promise<boolean> {
    if (request.method === 'POST') return confirmation.proveForm(page, request, response);
    page.redirect(`/confirm?next=${encodeURIComponent(ownPath(request.url) ?? '/')}`);
    return false;
  }

  return async ({ policy, confirmed }, request: Request, response: Response) => {
    const viewer = await viewerOf(request);
    const page = createPage(request, response, viewer);
    switch (decide(policy, viewer, authEnabled)) {
      case 'open':
        if (!confirmed || !confirmation.isDue(request)) return page;
        return (await isProven(page, request, response)) ? page : undefined;
      case 'set-password':
        if (isBackgroundRefresh(request)) throw sessionEnded();
        return void page.redirect('/setup-password');
      case 'sign-in': {
        if (isBackgroundRefresh(request)) throw sessionEnded();
        return void page.redirect(signInPath(request));
      }
      case 'denied':
        throw new AppError('DENIED', 'This page is for administrators.', { key: 'page.denied' });
      case 'missing':
        throw new AppError('NOT_FOUND', 'There is no such page.', { key: 'page.missing' });
    }
  };
}

/** A background refresh is answered with 401 instead of a redirect: the open page then says that its session ended. */
function sessionEnded(): AppError {
  return new AppError('UNAUTHENTICATED', 'Your session has ended. Sign in again.', { key: 'page.session_ended' });
}
