import { z } from 'zod';
import { EVERYBODY } from '../../access/use-cases/grants.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { roleText } from './roles.ts';
import { roleIds } from './users.ts';

const schema = z.strictObject({ role_id: roleIds });

type Deps = Pick<AccountPagesDeps, 'useCases' | 'roles' | 'grants'>;

/** /anonymous: the roles of everybody who is not signed in. */
export function anonymousPage({ useCases, roles, grants }: Deps): PageModule {
  async function heldIds(): Promise<ReadonlySet<number>> {
    return new Set((await grants.rolesOf(EVERYBODY)).map(({ id }) => id));
  }
  /** Roles that consist of rules; the built-in kinds need an account. */
  async function grantable() {
    return (await roles.list()).filter(({ kind }) => kind === 'rules');
  }

  async function show(page: Page, errors: FieldErrors = {}): Promise<void> {
    const held = await heldIds();
    const choices = (await grantable()).map((role) => ({
      ...role,
      description: roleText(page, role),
      checked: held.has(role.id),
    }));
    const model = { title: page.t('accounts:anonymous.title'), nav: 'anonymous', roles: choices, errors };
    await page.render('accounts/anonymous', model, Object.keys(errors).length > 0 ? 422 : 200);
  }

  return (routes) => {
    routes.get('/anonymous', 'admin', (page) => show(page));
    routes.post(
      '/anonymous',
      'admin',
      async (page) => {
        const form = page.parseForm(schema);
        if (!form.ok) return show(page, form.errors);
        await useCases.grants.setRolesOfEverybody(actorOf(page), new Set(form.values.role_id));
        page.redirect('/anonymous', { key: 'accounts:anonymous.saved' });
      },
      { confirmed: true },
    );
  };
}
