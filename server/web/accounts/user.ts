import { z } from 'zod';
import type { HeldRole } from '../../access/grants.ts';
import type { Role } from '../../access/roles.ts';
import { folderOf, isFolderName } from '../../access/user-folder.ts';
import type { User } from '../../access/users.ts';
import { AppError } from '../../errors.ts';
import { rolePath, userPath } from '../parts/people.ts';
import type { FieldErrors } from '../shell/form.ts';
import { generatePassword } from '../shell/generated-password.ts';
import type { Flash, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { browserName } from '../shell/user-agent.ts';
import { actorOf } from '../shell/who-asks.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { effectiveRights } from './effective-rights.ts';
import { readPersonActivity } from './person-activity.ts';
import { findUser } from './user-delete.ts';

const enabledSchema = z.strictObject({ enabled: z.enum(['yes', 'no']) });
const roleId = z.coerce.number().int().positive();
/** One role at a time: added from the list, or taken away by the button of its chip. */
const rolesSchema = z.union([z.strictObject({ add: roleId }), z.strictObject({ remove: roleId })]);

type Deps = Pick<
  AccountPagesDeps,
  'access' | 'users' | 'roles' | 'grants' | 'hasher' | 'credentials' | 'sessions' | 'audit' | 'events'
>;

/** Said where it is granted: a rule about the own folder opens nothing for a name that no folder can have. */
function folderNotice({ t }: Page, { username }: User, held: readonly Role[]): string | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as people write it
  const isStuck = ({ rules }: Role) => rules.some(({ repository }) => repository.includes('${user}'));
  const role = isFolderName(username) ? undefined : held.find(isStuck);
  return role && t('accounts:user.no_folder', { name: username, role: role.name, folder: folderOf(username) });
}

/** With who gave it and when, for the title. */
function heldCells({ t, format, url }: Page, { id, name, grantedAt, grantedBy }: HeldRole) {
  const when = format.dateTime(grantedAt);
  const given = grantedBy === '' ? when : t('accounts:user.granted', { when, by: grantedBy });
  return { id, name, href: url(rolePath(name)), given };
}

/** One user: what it holds, its sessions, and everything an admin does to it. */
export function userPage(deps: Deps): PageModule {
  const { access, users, roles, grants, hasher, credentials, sessions, audit } = deps;

  const find = (name: unknown) => findUser(users, name);

  async function show(page: Page, user: User, errors: FieldErrors = {}): Promise<void> {
    const subject = { kind: 'user', id: user.id, name: user.username } as const;
    const [held, known] = await Promise.all([grants.rolesOf(subject), roles.list()]);
    const isHeld = ({ id }: { readonly id: number }) => held.some((role) => role.id === id);
    const model = {
      ...{ title: user.username, nav: 'users', user, errors, path: page.url(userPath(user.username)) },
      held: held.map((role) => heldCells(page, role)),
      free: known.filter((role) => !isHeld(role)).map(({ id, name }) => ({ id, name })),
      rights: effectiveRights(await access.rightsOf(subject), page),
      activity: await readPersonActivity(deps, page, user.username),
      sessions: (await sessions.list(user.id)).map((one) => ({ ...one, browser: browserName(one.userAgent) })),
      folderNotice: folderNotice(page, user, known.filter(isHeld)),
    };
    await page.render('accounts/user', model, Object.keys(errors).length > 0 ? 422 : 200);
  }

  function note(page: Page, user: User, action: string, detail: Record<string, string> = {}): Promise<void> {
    return audit.record({
      ...actorOf(page),
      action,
      object: user.username,
      outcome: 'ok',
      detail,
    });
  }

  /** Runs the change; what a person can mend is shown on the same page. */
  async function change<Done>(
    page: Page,
    user: User,
    done: (result: Done) => Flash,
    act: () => Promise<Done>,
  ): Promise<void> {
    let result: Done;
    try {
      result = await act();
    } catch (error) {
      return show(page, user, page.fieldErrors(error));
    }
    credentials.forget(user.id);
    page.redirect(userPath(user.username), done(result));
  }

  /** @returns the role's name. */
  async function setRole(page: Page, user: User, wish: z.output<typeof rolesSchema>): Promise<string> {
    const subject = { kind: 'user', id: user.id } as const;
    const isAdded = 'add' in wish;
    const role = await roles.get(isAdded ? wish.add : wish.remove);
    if (role === undefined) throw new AppError('NOT_FOUND', 'There is no such role.', { key: 'role.unknown' });
    const isNew = isAdded
      ? await grants.grant(subject, role.id, page.viewer.subject.name)
      : await grants.revoke(subject, role.id);
    if (isNew) await note(page, user, isAdded ? 'role.grant' : 'role.revoke', { role: role.name });
    return role.name;
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
        const key = enabled ? 'accounts:user.enabled_done' : 'accounts:user.disabled_done';
        await change(
          page,
          user,
          () => ({ key, params: { name: user.username } }),
          async () => {
            await users.setEnabled(user.id, enabled);
            if (!enabled) await sessions.endAll(user.id);
            await note(page, user, enabled ? 'user.enable' : 'user.disable');
          },
        );
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
        const key = 'add' in form.values ? 'accounts:user.role_added' : 'accounts:user.role_removed';
        await change(
          page,
          user,
          (role) => ({ key, params: { role, name: user.username } }),
          () => setRole(page, user, form.values),
        );
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
        const title = page.t('accounts:user.reset_done', { name: user.username });
        const href = page.url(userPath(user.username));
        await page.render('accounts/user-secret', {
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
        await change(
          page,
          user,
          () => ({ key: 'accounts:user.sessions_done' }),
          async () => {
            await sessions.endAll(user.id);
            await note(page, user, 'session.end');
          },
        );
      },
      { confirmed: true },
    );
  };
}
