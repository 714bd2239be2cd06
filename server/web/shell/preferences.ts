import type { Response } from 'express';
import { z } from 'zod';
import type { Cookies } from './cookies.ts';
import { COPY_KINDS, changedChoice, FORMS, parseCopyChoice, printCopyChoice, TOOLS } from './copy-choice.ts';
import type { Languages } from './i18n.ts';
import type { Page } from './page.ts';
import type { PageModule, RouteEntry } from './routes.ts';
import { sessionCookieName } from './session.ts';

const schema = z.strictObject({
  next: z.string().max(2000).default('/'),
  language: z.string().max(35).optional(),
  scheme: z.enum(['light', 'dark', 'system']).optional(),
  nav: z.enum(['folded', 'wide']).optional(),
  keys: z.enum(['on', 'off']).optional(),
  /** Dismisses the notice that the session ended. */
  signed_out: z.literal('seen').optional(),
  copy_kind: z.enum(COPY_KINDS).optional(),
  copy_tool: z.enum(TOOLS).optional(),
  copy_form: z.enum(FORMS).optional(),
});

function opens({ method, path }: RouteEntry, pathname: string): boolean {
  if (method !== 'GET') return false;
  return path instanceof RegExp
    ? path.test(decoded(pathname))
    : new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(pathname);
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** A refused form is shown at an address that only accepts POST: return to the page above it. */
export function nearestPage(table: readonly RouteEntry[], path: string): string {
  const [pathname = '/', query] = path.split('?', 2);
  if (table.some((route) => opens(route, pathname))) return query === undefined ? pathname : `${pathname}?${query}`;
  return pathname === '/' || pathname === '' ? '/' : nearestPage(table, pathname.slice(0, pathname.lastIndexOf('/')));
}

function forgetSession({ origin: { secure } }: Page, response: Response): void {
  response.clearCookie(sessionCookieName(secure), { path: '/', httpOnly: true, sameSite: 'lax', secure });
}

export interface PreferencesDeps {
  readonly cookies: Cookies;
  readonly languages: Pick<Languages, 'isKnown'>;
}

/** Language, colours, folded navigation, shortcuts and copy tool are kept in cookies, so that pages start right. */
export function preferencesPage({ cookies, languages }: PreferencesDeps): PageModule {
  return (routes) => {
    routes.post('/preferences', 'public', (page, request, response) => {
      const form = page.parseForm(schema);
      if (!form.ok) return page.redirect('/');
      const { language, scheme, nav, keys, next, copy_kind: kind, copy_tool: tool, copy_form: by } = form.values;
      if (languages.isKnown(language)) cookies.keep(request, response, 'rw-language', language);
      if (scheme !== undefined) cookies.keep(request, response, 'rw-scheme', scheme);
      if (nav !== undefined) cookies.keep(request, response, 'rw-nav', nav);
      if (keys !== undefined) cookies.keep(request, response, 'rw-keys', keys);
      if (form.values.signed_out !== undefined && !page.viewer.isSignedIn) forgetSession(page, response);
      if (tool !== undefined || by !== undefined) {
        const before = parseCopyChoice(cookies.read(request, 'rw-copy'));
        const choice = kind === undefined ? before : changedChoice(before, kind, tool);
        cookies.keep(request, response, 'rw-copy', printCopyChoice({ ...choice, form: by ?? choice.form }));
      }
      page.redirect(nearestPage(routes.table, next));
    });
  };
}
