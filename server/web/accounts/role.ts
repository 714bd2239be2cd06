import type { Role } from '../../access/roles.ts';
import { AppError } from '../../errors.ts';
import { rolePath, userPath } from '../parts/people.ts';
import type { FormValues } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import type { AccountPagesDeps, PatternMatches } from './account-deps.ts';
import { roleText } from './roles.ts';
import { formLines, type RuleLine, readRules, ruleErrors } from './rules-form.ts';

type Deps = Pick<AccountPagesDeps, 'useCases' | 'roles' | 'grants' | 'previewMatches'>;

interface Preview extends PatternMatches {
  readonly pattern: string;
}
interface RoleState {
  readonly lines: readonly RuleLine[];
  readonly error?: string | undefined;
  readonly previews?: readonly Preview[];
}

/** The page of one role: its rules, what they match, who holds it. */
export function rolePage({ useCases, roles, grants, previewMatches }: Deps): PageModule {
  async function find(name: unknown): Promise<Role> {
    const role = await roles.find(String(name));
    if (role === undefined) throw new AppError('NOT_FOUND', 'There is no such role.', { key: 'role.unknown' });
    return role;
  }

  async function holdersOf(page: Page, role: Role) {
    const holders = await grants.holdersOf(role.id);
    return holders.map(({ kind, name }) => ({
      kind,
      name,
      href: kind === 'user' ? page.url(userPath(name)) : undefined,
    }));
  }

  async function show(page: Page, role: Role, { lines, error, previews }: RoleState): Promise<void> {
    const failed = error !== undefined || lines.some((line) => line.error !== undefined);
    const model = {
      title: role.name,
      nav: 'roles',
      role,
      text: roleText(page, role),
      path: page.url(rolePath(role.name)),
      lines,
      error,
      previews,
      holders: await holdersOf(page, role),
    };
    await page.render('accounts/role', model, failed ? 422 : 200);
  }

  async function previewsOf(values: FormValues): Promise<readonly Preview[]> {
    const patterns = [...new Set(readRules(values).map(({ repository }) => repository))];
    return Promise.all(patterns.map(async (pattern) => ({ pattern, ...(await previewMatches(pattern)) })));
  }

  return (routes) => {
    routes.get('/roles/:name', 'admin', async (page, request) => {
      const role = await find(request.params['name']);
      await show(page, role, { lines: formLines(role.rules) });
    });

    routes.post(
      '/roles/:name/rules',
      'admin',
      async (page, request) => {
        const role = await find(request.params['name']);
        const rules = readRules(page.body);
        const errors = ruleErrors(rules, page.fieldErrors);
        const lines = formLines(rules, errors);
        if (errors.some((error) => error !== undefined)) return show(page, role, { lines });
        const wish = page.body['do'];
        if (wish === 'add') return show(page, role, { lines });
        if (wish === 'preview') return show(page, role, { lines, previews: await previewsOf(page.body) });
        try {
          await useCases.roles.setRules(actorOf(page), role, rules);
        } catch (error) {
          return show(page, role, { lines, error: Object.values(page.fieldErrors(error))[0] });
        }
        page.redirect(rolePath(role.name), { key: 'accounts:role.saved' });
      },
      { confirmed: true },
    );

    routes.get('/roles/:name/-/delete', 'admin', async (page, request) => {
      const role = await find(request.params['name']);
      // No page links here for built-in roles; the store refuses it as well.
      if (role.builtin)
        throw new AppError('CONFLICT', `${role.name} is built in.`, {
          key: 'role.builtin',
          params: { name: role.name },
        });
      const title = page.t('accounts:role.delete_title', { name: role.name });
      const path = page.url(rolePath(role.name));
      await page.render('accounts/role-delete', {
        title,
        nav: 'roles',
        role,
        path,
        holders: await holdersOf(page, role),
      });
    });

    routes.post(
      '/roles/:name/-/delete',
      'admin',
      async (page, request) => {
        const role = await find(request.params['name']);
        await useCases.roles.remove(actorOf(page), role);
        page.redirect('/roles', { key: 'accounts:role.deleted', params: { name: role.name } });
      },
      { confirmed: true },
    );
  };
}
