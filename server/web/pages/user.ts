import { z } from 'zod';
import type { Role } from '../../access/roles.ts';
import { folderOf, isFolderName } from '../../access/user-folder.ts';
import type { User } from '../../access/users.ts';
import { AppError } from '../../errors.ts';
import { userPath } from '../browse/people.ts';
import type { FieldErrors } from '../form.ts';
import { generatePassword } from '../generated-password.ts';
import type { Flash, Page } from '../page.ts';
import type { PageModule } from '../routes.ts';
import { browserName } from '../user-agent.ts';
import type { AccountPagesDeps } from './account-pages.ts';
import { roleText } from './roles.ts';
import { roleIds } from './users.ts';

const enabledSchema = z.strictObject({ enabled: z.enum(['yes', 'no']) });
const rolesSchema = z.strictObject({ role_id: roleIds });

type Deps = Pick<AccountPagesDeps, 'users' | 'roles' | 'grants' | 'hasher' | 'credentials' | 'sessions' | 'audit'>;

/** Said where it is granted: a rule about the own folder opens nothing for a name that no folder can have. */
function folderNotice({ t }: Page, { username }: User, held: readonly Role[]): string | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as people write it
  const isStuck = ({ rules }: Role) => rules.some(({ repository }) => repository.includes('${user}'));
  const role = isFolderName(username) ? undefined : held.find(isStuck);
  return role && t('admin:user.no_folder', { name: username, role: role.name, folder: folderOf(username) });
}

/** One user: what it holds, its sessions, and everything an admin does to it. */
export function userPage(deps: Deps): PageModule {
  const { users, roles, grants, hasher, credentials, sessions, audit } = deps;

  async function find(name: unknown): Promise<User> {
    const user = await users.find(String(name));
    if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such user.', { key: 'user.unknown' });
    return user;
  }

  async function show(page: Page, user: User, errors: FieldErrors = {}): Promise<void> {
    const held = new Set((await grants.rolesOf({ kind: 'user', id: user.id })).map(({ id }) => id));
    const known = await roles.list();
    const path = page.url(userPath(user.username));
    const model = {
      title: user.username,
      nav: 'users',
      user,
      path,
      roles: known.map((role) => ({ ...role, description: roleText(page, role), checked: held.has(role.id) })),
      sessions: (await sessions.list(user.id)).map((one) => ({ ...one, browser: browserName(one.userAgent) })),
      errors,
      folderNotice: folderNotice(
        page,
        user,
        known.filter(({ id }) => held.has(id)),
      ),
    };
    await page.render('user', model, Object.keys(errors).length > 0 ? 422 : 200);
  }

  function note(page: Page, user: User, action: string, detail: Record<string, string> = {}): Promise<void> {
    const { subject } = page.viewer;
    return audit.record({
      actor: subject.name,
      address: page.origin.address,
      action,
      object: user.username,
      outcome: 'ok',
      detail,
    });
  }

  /** Runs the change; what a person can mend is shown on the same page. */
  async function change(page: Page, user: User, done: Flash, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      return show(page, user, page.fieldErrors(error));
    }
    credentials.forget(user.id);
    page.redirect(userPath(user.username), done);
  }

  async function setRoles(page: Page, user: User, wanted: ReadonlySet<number>): Promise<void> {
    const subject = { kind: 'user', id: user.id } as const;
    const held = new Set((await grants.rolesOf(subject)).map(({ id }) => id));
    for (const role of await roles.list()) {
      if (wanted.has(role.id) && !held.has(role.id)) {
        await grants.grant(subject, role.id, page.viewer.subject.name);
        await note(page, user, 'role.grant', { role: role.name });
      } else if (!wanted.has(role.id) && held.has(role.id)) {
        await grants.revoke(subject, role.id);
        await note(page, user, 'role.revoke', { role: role.name });
      }
    }
  }

  return (routes) => {
    routes.get('/users/:name', 'admin', async (page, request) => show(page, await find(request.params['name'])));

    routes.post(
      '/users/:name/enabled',
      'admin',
      async (page, request) => {
        const user = await find(request.params['name']);
        const form = page.parseForm(enabledSchema);
        if (!form.ok) return show(page, user, form.errors);
        const enabled = form.values.enabled === 'yes';
        const key = enabled ? 'admin:user.enabled_done' : 'admin:user.disabled_done';
        await change(page, user, { key, params: { name: user.username } }, async () => {
          await users.setEnabled(user.id, enabled);
          if (!enabled) await sessions.endAll(user.id);
          await note(page, user, enabled ? 'user.enable' : 'user.disable');
        });
      },
      { confirmed: true },
    );

    routes.post(
      '/users/:name/roles',
      'admin',
      async (page, request) => {
        const user = await find(request.params['name']);
        const form = page.parseForm(rolesSchema);
        if (!form.ok) return show(page, user, form.errors);
        const wanted = new Set(form.values.role_id);
        await change(page, user, { key: 'admin:user.roles_done' }, () => setRoles(page, user, wanted));
      },
      { confirmed: true },
    );

    routes.post(
      '/users/:name/reset-password',
      'admin',
      async (page, request) => {
        const user = await find(request.params['name']);
        const secret = generatePassword();
        await users.setPassword(user.id, await hasher.hash(secret), { mustChange: true });
        await sessions.endAll(user.id);
        credentials.forget(user.id);
        await note(page, user, 'password.reset');
        const title = page.t('admin:user.reset_done', { name: user.username });
        const href = page.url(userPath(user.username));
        await page.render('user-secret', {
          title,
          nav: 'users',
          username: user.username,
          secret,
          mustChange: true,
          href,
        });
      },
      { confirmed: true },
    );

    routes.post(
      '/users/:name/sessions/end',
      'admin',
      async (page, request) => {
        const user = await find(request.params['name']);
        await change(page, user, { key: 'admin:user.sessions_done' }, async () => {
          await sessions.endAll(user.id);
          await note(page, user, 'session.end');
        });
      },
      { confirmed: true },
    );
  };
}
