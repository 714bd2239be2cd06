import { z } from 'zod';
import type { FieldErrors } from '../form.ts';
import { ownPath } from '../own-path.ts';
import type { Page } from '../page.ts';
import type { PageModule } from '../routes.ts';
import { startSession } from '../session.ts';
import type { AccountPagesDeps } from './account-pages.ts';
import { refusalStatus, refusalText, signedInUser } from './login.ts';

const schema = z.strictObject({
  password: z.string().min(1, 'form.required').max(1000, 'form.too_long'),
  next: z.string().max(2000).default(''),
});

type Deps = Pick<AccountPagesDeps, 'credentials' | 'audit' | 'now'>;

function showForm(page: Page, next: string, errors: FieldErrors, status = 200): Promise<void> {
  return page.render('confirm', { title: page.t('accounts:confirm.title'), bare: true, next, errors }, status);
}

/** The password once more, before something that would outlive this session. */
export function confirmPage({ credentials, audit, now }: Deps): PageModule {
  return (routes) => {
    routes.get('/confirm', 'signed-in', (page) => showForm(page, page.query('next'), {}));

    routes.post('/confirm', 'signed-in', async (page, request) => {
      const { username, id } = signedInUser(page);
      const form = page.parseForm(schema);
      const next = String(page.body['next'] ?? '');
      if (!form.ok) return showForm(page, next, form.errors, 422);
      const { address } = page.origin;
      const result = await credentials.check({ username, password: form.values.password, address });
      const entry = { actor: username, address, action: 'session.confirm', object: '' };
      if (!result.ok) {
        await audit.record({ ...entry, outcome: 'refused', detail: { reason: result.reason } });
        return showForm(page, next, { password: refusalText(page, result) }, refusalStatus(result));
      }
      const { passwordVersion } = result.identity;
      await startSession(request, { id, username, passwordVersion }, address, now());
      await audit.record({ ...entry, outcome: 'ok' });
      page.redirect(ownPath(next) ?? '/');
    });
  };
}
