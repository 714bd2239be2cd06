import { z } from 'zod';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/who-asks.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { roleText } from './roles.ts';
import { roleIds } from './users.ts';

const schema = z.strictObject({ role_id: roleIds });
const EVERYBODY = { kind: 'anonymous', id: 0 } as const;

type Deps = Pick<AccountPagesDeps, 'roles' | 'grants' | 'audit'>;

/** What everybody may do without signing in. */
export function anonymousPage({ roles, grants, audit }: Deps): PageModule {
  async function heldIds(): Promise<ReadonlySet<number>> {
    return new Set((await grants.rolesOf(EVERYBODY)).map(({ id }) => id));
  }
  /** The right over the whole installation belongs to people with a name. */
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

  async function setRoles(page: Page, wanted: ReadonlySet<number>): Promise<void> {
    const held = await heldIds();
    const { subject } = page.viewer;
    for (const role of await grantable()) {
      if (wanted.has(role.id) === held.has(role.id)) continue;
      const action = wanted.has(role.id) ? 'role.grant' : 'role.revoke';
      if (wanted.has(role.id)) await grants.grant(EVERYBODY, role.id, subject.name);
      else await grants.revoke(EVERYBODY, role.id);
      const entry = { ...actorOf(page), action, object: 'anonymous' };
      await audit.record({ ...entry, outcome: 'ok', detail: { role: role.name } });
    }
  }

  return (routes) => {
    routes.get('/anonymous', 'admin', (page) => show(page));
    routes.post(
      '/anonymous',
      'admin',
      async (page) => {
        const form = page.parseForm(schema);
        if (!form.ok) return show(page, form.errors);
        await setRoles(page, new Set(form.values.role_id));
        page.redirect('/anonymous', { key: 'accounts:anonymous.saved' });
      },
      { confirmed: true },
    );
  };
}
