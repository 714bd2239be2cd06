import { z } from 'zod';
import { sessionIdHash } from '../../accounts/sessions.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { startSession } from '../shell/session.ts';
import { browserName } from '../shell/user-agent.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { requireUser } from './login.ts';

const passwordSchema = z.strictObject({
  current: z.string().min(1, 'form.required').max(1000, 'form.too_long'),
  password: z.string().min(1, 'form.required').max(1000, 'form.too_long'),
  repeated: z.string().max(1000, 'form.too_long'),
});
const endSchema = z.strictObject({ session: z.string().regex(/^([0-9a-f]{64}|others)$/) });

type Deps = Pick<AccountPagesDeps, 'useCases' | 'sessions' | 'grants' | 'now'>;

export function accountPage({ useCases, sessions, grants, now }: Deps): PageModule {
  async function show(page: Page, ownHash: string, errors: FieldErrors = {}): Promise<void> {
    const user = requireUser(page);
    const { rights } = page.viewer;
    const model = {
      title: page.t('accounts:account.title'),
      nav: 'account',
      username: user.username,
      roles: (await grants.rolesOf({ kind: 'user', id: user.id })).map(({ name }) => name),
      isAdmin: rights.isAdmin,
      isAuditor: rights.isAuditor,
      rules: rights.rules.map(({ repository, address, actions }) => ({
        repository: repository.text,
        address: address.text,
        actions: [...actions],
      })),
      sessions: (await sessions.list(user.id)).map((one) => ({
        ...one,
        browser: browserName(one.userAgent),
        isOwn: one.idHash === ownHash,
      })),
      errors,
    };
    await page.render('accounts/account', model, Object.keys(errors).length > 0 ? 422 : 200);
  }

  return (routes) => {
    routes.get('/account', 'signed-in', (page, request) => show(page, sessionIdHash(request.sessionID)));

    routes.post('/account/password', 'signed-in', async (page, request) => {
      const ownHash = sessionIdHash(request.sessionID);
      const form = page.parseForm(passwordSchema);
      if (!form.ok) return show(page, ownHash, form.errors);
      const user = requireUser(page);
      const { address } = page.origin;
      let passwordVersion: number;
      try {
        passwordVersion = await useCases.ownPassword.change({ user, address }, form.values);
      } catch (error) {
        return show(page, ownHash, page.fieldErrors(error));
      }
      // A new password version ends all sessions, so this browser gets a new one.
      await startSession(request, { id: user.id, username: user.username, passwordVersion }, address, now());
      page.redirect('/account', { key: 'accounts:account.password_changed' });
    });

    routes.post('/account/sessions/end', 'signed-in', async (page, request) => {
      const form = page.parseForm(endSchema);
      if (!form.ok) return page.redirect('/account');
      const chosen = form.values.session;
      const which = chosen === 'others' ? { exceptHash: sessionIdHash(request.sessionID) } : { hash: chosen };
      await useCases.signIn.endOwn({ user: requireUser(page), address: page.origin.address }, which);
      page.redirect('/account', { key: 'accounts:account.session_ended' });
    });
  };
}
