import { z } from 'zod';
import type { HeldRole } from '../../access/grants.ts';
import type { Role } from '../../access/roles.ts';
import { isFolderName, userFolderName } from '../../access/user-folder.ts';
import type { User } from '../../access/users.ts';
import { rolePath, userPath } from '../parts/people.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Flash, Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { browserName } from '../shell/user-agent.ts';
import { actorOf } from '../shell/viewer.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { effectiveRights } from './effective-rights.ts';
import { readPersonActivity } from './person-activity.ts';
import { findUser } from './user-delete.ts';

const enabledSchema = z.strictObject({ enabled: z.enum(['yes', 'no']) });
const roleId = z.coerce.number().int().positive();
/** One role at a time: added from the list, or removed by the button of its chip. */
const rolesSchema = z.union([z.strictObject({ add: roleId }), z.strictObject({ remove: roleId })]);

type Deps = Pick<
  AccountPagesDeps,
  'useCases' | 'access' | 'users' | 'roles' | 'grants' | 'sessions' | 'audit' | 'events'
>;

/** Warns when a granted role has rules for the user's own folder, but the username cannot be a folder name. */
function folderNotice({ t }: Page, { username }: User, held: readonly Role[]): string | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as people write it
  const isStuck = ({ rules }: Role) => rules.some(({ repository }) => repository.includes('${user}'));
  const role = isFolderName(username) ? undefined : held.find(isStuck);
  return role && t('accounts:user.no_folder', { name: username, role: role.name, folder: userFolderName(username) });
}

/** The title of a role's chip says who granted it and when. */
function heldCells({ t, format, url }: Page, { id, name, grantedAt, grantedBy }: HeldRole) {
  const when = format.dateTime(grantedAt);
  const given = grantedBy === '' ? when : t('accounts:user.granted', { when, by: grantedBy });
  return { id, name, href: url(rolePath(name)), given };
}

/** The page of one user: roles, sessions, and all actions of an admin. */
export function userPage(deps: Deps): PageModule {
  const { useCases, access, users, roles, grants, sessions } = deps;

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

  /** Runs the change; errors that a person can correct are shown on the same page. */
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
    page.redirect(userPath(user.username), done(result));
  }

  /** @returns the role's name. */
  async function setRole(page: Page, user: User, wish: z.output<typeof rolesSchema>): Promise<string> {
    const holder = { kind: 'user', id: user.id, name: user.username } as const;
    const { grantRole, revokeRole } = useCases.grants;
    const actor = actorOf(page);
    const role =
      'add' in wish ? await grantRole(actor, holder, wish.add) : await revokeRole(actor, holder, wish.remove);
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
          () => useCases.users.setEnabled(actorOf(page), user, enabled),
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
        const secret = await useCases.resetPassword(actorOf(page), user);
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
          () => useCases.users.endSessions(actorOf(page), user),
        );
      },
      { confirmed: true },
    );
  };
}
