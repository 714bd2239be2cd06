import type { Request } from 'express';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { readCookie } from '../shell/cookies.ts';
import { ownPath } from '../shell/own-path.ts';
import type { Page } from '../shell/page.ts';
import { refusalStatus, refusalText } from '../shell/refused-sign-in.ts';
import type { PageModule } from '../shell/routes.ts';
import { endSession, sessionCookieName, startSession } from '../shell/session.ts';
import type { AccountPagesDeps } from './account-deps.ts';

const schema = z.strictObject({
  username: z.string().min(1, 'form.required').max(200, 'form.too_long'),
  password: z.string().min(1, 'form.required').max(1000, 'form.too_long'),
  next: z.string().max(2000).default(''),
});

type Deps = Pick<AccountPagesDeps, 'useCases' | 'now'>;

const SETUP = '/setup-password';

interface LoginForm {
  readonly username: string;
  readonly next: string;
  /** Why the sign-in is needed again, for people whose session ended. */
  readonly note?: string;
}

function showForm(page: Page, values: LoginForm, error?: string, status = 200) {
  const title = page.t('accounts:login.title');
  return page.render('accounts/login', { title, bare: true, note: '', ...values, error }, status);
}

function noteFor(page: Page, request: Request): string {
  if (page.query('undone') === '1') return page.t('accounts:login.undone');
  const hadSession = readCookie(request, sessionCookieName(page.origin.secure)) !== undefined;
  return hadSession ? page.t('accounts:login.ended') : '';
}

/** @returns `next` when it is one of our own pages, else the home page: no open redirect. */
export function afterSignIn(next: string): string {
  const path = ownPath(next) ?? '/';
  return path.startsWith('/login') || path.startsWith(SETUP) ? '/' : path;
}

function setupPath(next: string): string {
  const path = afterSignIn(next);
  return path === '/' ? SETUP : `${SETUP}?next=${encodeURIComponent(path)}`;
}

export function loginPage({ useCases: { signIn }, now }: Deps): PageModule {
  return (routes) => {
    routes.get('/login', 'public', (page, request) => {
      const next = page.query('next');
      if (page.viewer.isSignedIn) return page.redirect(afterSignIn(next));
      return showForm(page, { username: '', next, note: noteFor(page, request) });
    });

    routes.post('/login', 'public', async (page, request, response) => {
      const form = page.parseForm(schema);
      const username = String(page.body['username'] ?? '');
      const next = String(page.body['next'] ?? '');
      if (!form.ok) return showForm(page, { username, next }, page.t('errors:sign_in.empty'), 422);
      const { address } = page.origin;
      const typed = { username: form.values.username, password: form.values.password, address };
      const result = await signIn.start(typed, async ({ identity: { subject, passwordVersion } }) => {
        await startSession(request, { id: subject.id, username: subject.name, passwordVersion }, address, now());
      });
      if (!result.ok) {
        if (result.retryAfterSeconds !== undefined) response.set('Retry-After', String(result.retryAfterSeconds));
        return showForm(page, { username, next }, refusalText(page, result), refusalStatus(result));
      }
      page.redirect(result.identity.mustChangePassword ? setupPath(next) : afterSignIn(next));
    });

    routes.post('/sign-out', 'public', async (page, request, response) => {
      const { viewer, origin } = page;
      if (!viewer.isSignedIn) return page.redirect('/login');
      await signIn.signOut({ username: viewer.subject.name, address: origin.address }, () => endSession(request));
      const { secure } = origin;
      response.clearCookie(sessionCookieName(secure), { path: '/', httpOnly: true, sameSite: 'lax', secure });
      // Not "cookies": language and colours are cookies of the browser and outlive the session.
      response.set('Clear-Site-Data', '"cache", "storage"');
      page.redirect('/login', { key: 'accounts:login.signed_out' });
    });
  };
}

/** @throws {AppError} NOT_FOUND when nobody is signed in or authentication is off. */
export function requireUser(page: Page) {
  const { user } = page.viewer;
  if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such page.', { key: 'page.missing' });
  return user;
}
