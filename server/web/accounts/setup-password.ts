import type { Request } from 'express';
import { z } from 'zod';
import { parsePassword } from '../../accounts/password.ts';
import { AppError } from '../../errors.ts';
import { isAtThisMachine } from '../../http/host-guard.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { startSession } from '../shell/session.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { afterSignIn, signedInUser } from './login.ts';

const schema = z.strictObject({
  code: z.string().max(100, 'form.too_long').default(''),
  password: z.string().min(1, 'form.required').max(1000, 'form.too_long'),
  repeated: z.string().max(1000, 'form.too_long'),
  next: z.string().max(2000).default(''),
});
type Values = z.output<typeof schema>;
type Deps = Pick<AccountPagesDeps, 'users' | 'hasher' | 'credentials' | 'setupCode' | 'audit' | 'now'>;

/** Where somebody was going who first has to replace a password; it comes with the address and stays in the form. */
function nextOf(page: Page): string {
  return page.query('next') || String(page.body['next'] ?? '');
}

/** The one page that a default or reset password opens: it replaces it. */
export function setupPasswordPage({ users, hasher, credentials, setupCode, audit, now }: Deps): PageModule {
  /** The default password is no secret, so from another machine something from this one's log has to prove the rest. */
  async function asksCode(page: Page, request: Request): Promise<boolean> {
    return !isAtThisMachine(request) && (await setupCode.isNeededFor(signedInUser(page)));
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

  async function checked(page: Page, request: Request, { code, password, repeated }: Values): Promise<string> {
    if ((await asksCode(page, request)) && !(await setupCode.check(code))) {
      throw new AppError('INVALID', 'This is not the code from the log.', { key: 'setup.code', field: 'code' });
    }
    const parsed = parsePassword(password, { username: page.viewer.subject.name });
    if (password === repeated) return parsed;
    throw new AppError('INVALID', 'The two passwords differ.', { key: 'form.not_equal', field: 'repeated' });
  }

  return (routes) => {
    routes.get('/setup-password', 'setup', (page, request) => show(page, request));
    routes.post('/setup-password', 'setup', async (page, request) => {
      const form = page.parseForm(schema);
      if (!form.ok) return show(page, request, form.errors);
      const user = signedInUser(page);
      const { id, username } = user;
      const isFirstAdmin = await setupCode.isNeededFor(user);
      const entry = { actor: username, address: page.origin.address, action: 'password.change', object: username };
      let passwordVersion: number;
      try {
        const password = await checked(page, request, form.values);
        passwordVersion = await users.setPassword(id, await hasher.hash(password), { mustChange: false });
      } catch (error) {
        const errors = page.fieldErrors(error);
        await audit.record({ ...entry, outcome: 'refused' });
        return show(page, request, errors);
      }
      if (isFirstAdmin) await setupCode.clear();
      credentials.forget(id);
      await startSession(request, { id, username, passwordVersion }, page.origin.address, now());
      await audit.record({ ...entry, outcome: 'ok' });
      page.redirect(afterSignIn(form.values.next), { key: 'accounts:setup.done' });
    });
  };
}
