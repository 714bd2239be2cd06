import { z } from 'zod';
import type { User } from '../../access/users.ts';
import { sessionIdHash } from '../../accounts/sessions.ts';
import { TOPIC } from '../live/live-news.ts';
import { userPath } from '../parts/people.ts';
import { type FieldErrors, listOf } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { roleText } from './roles.ts';

const PAGE_SIZE = 50;

export const roleIds = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => listOf(value).map(Number))
  .refine((ids) => ids.every((id) => Number.isSafeInteger(id) && id > 0), 'form.invalid');

const schema = z.strictObject({
  username: z.string().min(1, 'form.required').max(200, 'form.too_long'),
  password: z.string().max(1000, 'form.too_long').default(''),
  must_change: z.literal('on').optional(),
  role_id: roleIds,
});

type Deps = Pick<AccountPagesDeps, 'useCases' | 'users' | 'roles' | 'grants'>;

interface FormState {
  readonly username: string;
  readonly mustChange: boolean;
  readonly chosen: readonly number[];
  readonly errors: FieldErrors;
}
const EMPTY: FormState = { username: '', mustChange: false, chosen: [], errors: {} };

/** The list of users and the form to add one. */
export function usersPage({ useCases, users, roles, grants }: Deps): PageModule {
  async function row(page: Page, user: User) {
    const held = await grants.rolesOf({ kind: 'user', id: user.id });
    return { ...user, href: page.url(userPath(user.username)), roles: held.map(({ name }) => name) };
  }

  async function showForm(page: Page, state: FormState): Promise<void> {
    const known = await roles.list();
    const model = {
      title: page.t('accounts:users.new'),
      nav: 'users',
      ...state,
      roles: known.map((role) => ({
        ...role,
        description: roleText(page, role),
        checked: state.chosen.includes(role.id),
      })),
    };
    await page.render('accounts/user-new', model, Object.keys(state.errors).length > 0 ? 422 : 200);
  }

  function addUser(page: Page, { must_change, role_id: roleIds, ...given }: z.output<typeof schema>) {
    return useCases.users.add(actorOf(page), { ...given, roleIds, mustChangePassword: must_change === 'on' });
  }

  return (routes) => {
    routes.get('/users', 'admin', async (page) => {
      const filter = page.query('filter');
      const after = page.query('after') || undefined;
      const from = Math.max(1, Math.trunc(Number(page.query('from'))) || 1);
      const found = await users.list({ filter, after, limit: PAGE_SIZE });
      const rows = await Promise.all(found.users.map((user) => row(page, user)));
      await page.render('accounts/users', {
        title: page.t('accounts:users.title'),
        nav: 'users',
        live: TOPIC.users,
        filter,
        rows,
        total: found.total,
        pager: {
          range: rows.length === 0 ? '' : `${page.format.number(from)}–${page.format.number(from + rows.length - 1)}`,
          previous: after === undefined ? undefined : page.urlWith({ after: null, from: null }),
          next: found.next && page.urlWith({ after: found.next, from: from + rows.length }),
        },
      });
    });

    routes.post(
      '/users/-/sessions/end',
      'admin',
      async (page, request) => {
        const count = await useCases.users.endOtherSessions(actorOf(page), sessionIdHash(request.sessionID));
        page.redirect('/users', { key: 'accounts:users.sessions_ended', params: { count } });
      },
      { confirmed: true },
    );

    // The password is asked for before the form is shown, so that no input is lost.
    routes.get('/users/-/new', 'admin', (page) => showForm(page, EMPTY), { confirmed: true });

    routes.post(
      '/users',
      'admin',
      async (page) => {
        const form = page.parseForm(schema);
        const state: FormState = {
          username: String(page.body['username'] ?? ''),
          mustChange: page.body['must_change'] === 'on',
          chosen: listOf(page.body['role_id']).map(Number),
          errors: {},
        };
        if (!form.ok) return showForm(page, { ...state, errors: form.errors });
        const added = await addUser(page, form.values).catch((error: unknown) => ({ errors: page.fieldErrors(error) }));
        if ('errors' in added) return showForm(page, { ...state, errors: added.errors });
        const { user, secret } = added;
        const path = userPath(user.username);
        if (secret === undefined)
          return page.redirect(path, { key: 'accounts:users.added', params: { name: user.username } });
        // Rendered here instead of after a redirect, because the password is stored nowhere.
        await page.render('accounts/user-secret', {
          title: page.t('accounts:users.added', { name: user.username }),
          nav: 'users',
          username: user.username,
          secret,
          mustChange: user.mustChangePassword,
          href: page.url(path),
        });
      },
      { confirmed: true },
    );
  };
}
