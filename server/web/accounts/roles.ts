import { z } from 'zod';
import { TOPIC } from '../live/live-news.ts';
import { rolePath } from '../parts/people.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import type { AccountPagesDeps } from './account-deps.ts';

const schema = z.strictObject({
  name: z.string().min(1, 'form.required').max(64, 'form.too_long'),
  description: z.string().max(500, 'form.too_long').default(''),
});

type Deps = Pick<AccountPagesDeps, 'useCases' | 'roles' | 'grants'>;

// Built-in roles are described in the reader's language; descriptions that people wrote are shown as they are.
const BUILTIN_TEXT: Readonly<Record<string, string>> = {
  'read-all': 'accounts:roles.builtin.read_all',
  'write-all': 'accounts:roles.builtin.write_all',
  'delete-all': 'accounts:roles.builtin.delete_all',
  auditor: 'accounts:roles.builtin.auditor',
  admin: 'accounts:roles.builtin.admin',
};

const NEW_ROLE = '/roles/-/new';

/** The description of a role; of built-in roles in the reader's language. */
export function roleText(page: Pick<Page, 't'>, role: { name: string; description: string; builtin: boolean }): string {
  const key = role.builtin ? BUILTIN_TEXT[role.name] : undefined;
  return key === undefined ? role.description : page.t(key);
}

/** The list of roles and the form to add one. */
export function rolesPage({ useCases, roles, grants }: Deps): PageModule {
  function showForm(page: Page, values: { name: string; description: string }, errors: FieldErrors = {}) {
    const status = Object.keys(errors).length > 0 ? 422 : 200;
    return page.render(
      'accounts/role-new',
      { title: page.t('accounts:roles.new'), nav: 'roles', ...values, errors },
      status,
    );
  }

  return (routes) => {
    routes.get('/roles', 'admin', async (page) => {
      const known = await roles.list();
      const rows = await Promise.all(
        known.map(async (role) => ({
          ...role,
          href: page.url(rolePath(role.name)),
          text: roleText(page, role),
          holders: (await grants.holdersOf(role.id)).length,
        })),
      );
      await page.render('accounts/roles', {
        title: page.t('accounts:roles.title'),
        nav: 'roles',
        live: TOPIC.users,
        rows,
      });
    });

    routes.get(NEW_ROLE, 'admin', (page) => showForm(page, { name: '', description: '' }), { confirmed: true });

    routes.post(
      '/roles',
      'admin',
      async (page) => {
        const form = page.parseForm(schema);
        const values = {
          name: String(page.body['name'] ?? ''),
          description: String(page.body['description'] ?? ''),
        };
        if (!form.ok) return showForm(page, values, form.errors);
        try {
          await useCases.roles.add(actorOf(page), form.values);
        } catch (error) {
          return showForm(page, values, page.fieldErrors(error));
        }
        const { name } = form.values;
        page.redirect(rolePath(name.trim()), { key: 'accounts:roles.added', params: { name } });
      },
      { confirmed: true },
    );
  };
}
