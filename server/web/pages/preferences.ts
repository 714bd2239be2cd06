import { z } from 'zod';
import type { Cookies } from '../cookies.ts';
import { LOCALES } from '../i18n.ts';
import type { PageModule, RouteEntry } from '../routes.ts';

const schema = z.strictObject({
  next: z.string().max(2000).default('/'),
  language: z.enum(LOCALES).optional(),
  scheme: z.enum(['light', 'dark', 'system']).optional(),
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

/** A form that was refused is shown at an address that only takes forms: back to the page above it. */
export function nearestPage(table: readonly RouteEntry[], path: string): string {
  const [pathname = '/', query] = path.split('?', 2);
  if (table.some((route) => opens(route, pathname))) return query === undefined ? pathname : `${pathname}?${query}`;
  return pathname === '/' || pathname === '' ? '/' : nearestPage(table, pathname.slice(0, pathname.lastIndexOf('/')));
}

/** Language and colour scheme, kept by cookie so that the first byte of every page is already right. */
export function preferencesPage({ cookies }: { readonly cookies: Cookies }): PageModule {
  return (routes) => {
    routes.post('/preferences', 'public', (page, request, response) => {
      const form = page.parseForm(schema);
      if (!form.ok) return page.redirect('/');
      const { language, scheme, next } = form.values;
      if (language !== undefined) cookies.keep(request, response, 'rw-language', language);
      if (scheme !== undefined) cookies.keep(request, response, 'rw-scheme', scheme);
      page.redirect(nearestPage(routes.table, next));
    });
  };
}
