import type { Request } from 'express';
import { z } from 'zod';
import { isLocalRequest } from '../../http/host-guard.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { startSession } from '../shell/session.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { afterSignIn, requireUser } from './login.ts';

const schema = z.strictObject({
  code: z.string().max(100, 'form.too_long').default(''),
  password: z.string().min(1, 'form.required').max(1000, 'form.too_long'),
  repeated: z.string().max(1000, 'form.too_long'),
  next: z.string().max(2000).default(''),
});
type Deps = Pick<AccountPagesDeps, 'useCases' | 'setupCode' | 'now'>;

/** The page to open after the password was replaced: from the query, then kept in the form. */
function nextOf(page: Page): string {
  return page.query('next') || String(page.body['next'] ?? '');
}

/** The only page that a default or reset password gives access to: it replaces the password. */
export function setupPasswordPage({ useCases, setupCode, now }: Deps): PageModule {
  /** The default password is public, so a person on another machine must also enter the code from the server's log. */
  async function asksCode(page: Page, request: Request): Promise<boolean> {
    return !isLocalRequest(request) && (await setupCode.isNeededFor(requireUser(page)));
  }

  async function show(page: Page, request: Request, errors: FieldErrors = {}): Promise<void> {
    const title = page.t('accounts:setup.title');
    const status = Object.keys(errors).length > 0 ? 422 : 200;
    await page.render(
      'accounts/setup-password',
      { title, bare: true, asksCode: await asksCode(page, request), errors, next: nextOf(page) },
      status,
    );
  }

  return (routes) => {
    routes.get('/setup-password', 'setup', (page, request) => show(page, request));
    routes.post('/setup-password', 'setup', async (page, request) => {
      const form = page.parseForm(schema);
      if (!form.ok) return show(page, request, form.errors);
      const user = requireUser(page);
      const { address } = page.origin;
      const given = { ...form.values, asksCode: await asksCode(page, request) };
      let passwordVersion: number;
      try {
        passwordVersion = await useCases.ownPassword.replace({ user, address }, given);
      } catch (error) {
        return show(page, request, page.fieldErrors(error));
      }
      await startSession(request, { id: user.id, username: user.username, passwordVersion }, address, now());
      page.redirect(afterSignIn(form.values.next), { key: 'accounts:setup.done' });
    });
  };
}
