import { z } from 'zod';
import type { Cookies } from '../cookies.ts';
import { LOCALES } from '../i18n.ts';
import type { PageModule } from '../routes.ts';

const schema = z.strictObject({
  next: z.string().max(2000).default('/'),
  language: z.enum(LOCALES).optional(),
  scheme: z.enum(['light', 'dark', 'system']).optional(),
});

/** Language and colour scheme, kept by cookie so that the first byte of every page is already right. */
export function preferencesPage({ cookies }: { readonly cookies: Cookies }): PageModule {
  return (routes) => {
    routes.post('/preferences', 'public', (page, request, response) => {
      const form = page.parseForm(schema);
      if (!form.ok) return page.redirect('/');
      const { language, scheme, next } = form.values;
      if (language !== undefined) cookies.keep(request, response, 'rw-language', language);
      if (scheme !== undefined) cookies.keep(request, response, 'rw-scheme', scheme);
      page.redirect(next);
    });
  };
}
