import type { AskedForm, Confirmation } from '../shell/confirmed.ts';
import { ownPath } from '../shell/own-path.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';

function nextForm(page: Page, next: string): AskedForm {
  return { action: page.url('/confirm'), fields: [{ name: 'next', value: next }], retype: [], holdsInput: false };
}

/** /confirm: asks for the password again, for pages that need a recent sign-in. */
export function confirmPage(confirmation: Confirmation): PageModule {
  return (routes) => {
    routes.get('/confirm', 'signed-in', async (page, request, response) => {
      await confirmation.prove(page, request, response, nextForm(page, page.query('next')));
    });

    routes.post('/confirm', 'signed-in', async (page, request, response) => {
      const next = String(page.body['next'] ?? '');
      const isProven = await confirmation.prove(page, request, response, nextForm(page, next));
      if (isProven) page.redirect(ownPath(next) ?? '/');
    });
  };
}
