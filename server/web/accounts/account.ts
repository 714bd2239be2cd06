import { z } from 'zod';
import { parsePassword } from '../../accounts/password.ts';
import { sessionIdHash } from '../../accounts/sessions.ts';
import { AppError } from '../../errors.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { startSession } from '../shell/session.ts';
import { browserName } from '../shell/user-agent.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { signedInUser } from './login.ts';

const passwordSchema = z.strictObject({
  current: z.string().min(1, 'form.required').max(1000, 'form.too_long'),
  password: z.string().min(1, 'form.required').max(1000, 'form.too_long'),
  repeated: z.string().max(1000, 'form.too_long'),
});
const endSchema = z.strictObject({ session: z.string().regex(/^([0-9a-f]{64}|others)$/) });

type Deps = Pick<AccountPagesDeps, 'users' | 'hasher' | 'credentials' | 'sessions' | 'audit' | 'grants' | 'now'>;

export function accountPage({ users, hasher, credentials, sessions, audit, grants, now }: Deps): PageModule {
  async function show(page: Page, ownHash: string, errors: FieldErrors = {}): Promise<void> {
    const user = signedInUser(page);
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

  async function newPassword(page: Page, values: z.output<typeof passwordSchema>): Promise<number> {
    const { id, username } = signedInUser(page);
    const { current, password, repeated } = values;
    const proof = await credentials.check({ username, password: current, address: page.origin.address });
    if (!proof.ok) {
      const key = proof.reason === 'wrong' ? 'account.current_wrong' : 'sign_in.throttled';
      const params = { seconds: proof.retryAfterSeconds ?? 1, count: proof.retryAfterSeconds ?? 1 };
      throw new AppError('INVALID', 'This is not your current password.', { key, params, field: 'current' });
    }
    const parsed = parsePassword(password, { username });
    if (password !== repeated) {
      throw new AppError('INVALID', 'The two passwords differ.', { key: 'form.not_equal', field: 'repeated' });
    }
    return users.setPassword(id, await hasher.hash(parsed), { mustChange: false });
  }

  return (routes) => {
    routes.get('/account', 'signed-in', (page, request) => show(page, sessionIdHash(request.sessionID)));

    routes.post('/account/password', 'signed-in', async (page, request) => {
      const ownHash = sessionIdHash(request.sessionID);
      const form = page.parseForm(passwordSchema);
      if (!form.ok) return show(page, ownHash, form.errors);
      const { id, username } = signedInUser(page);
      const entry = { actor: username, address: page.origin.address, action: 'password.change', object: username };
      let passwordVersion: number;
      try {
        passwordVersion = await newPassword(page, form.values);
      } catch (error) {
        const errors = page.fieldErrors(error);
        await audit.record({ ...entry, outcome: 'refused' });
        return show(page, ownHash, errors);
      }
      credentials.forget(id);
      // The password version grew: every session of the old one is over, this browser gets a new one.
      await startSession(request, { id, username, passwordVersion }, page.origin.address, now());
      await audit.record({ ...entry, outcome: 'ok' });
      page.redirect('/account', { key: 'accounts:account.password_changed' });
    });

    routes.post('/account/sessions/end', 'signed-in', async (page, request) => {
      const form = page.parseForm(endSchema);
      const { id, username } = signedInUser(page);
      if (!form.ok) return page.redirect('/account');
      const chosen = form.values.session;
      if (chosen === 'others') await sessions.endAll(id, sessionIdHash(request.sessionID));
      else await sessions.end(chosen, id);
      const { address } = page.origin;
      await audit.record({ actor: username, address, action: 'session.end', object: username, outcome: 'ok' });
      page.redirect('/account', { key: 'accounts:account.session_ended' });
    });
  };
}
