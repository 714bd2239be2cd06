import type { User, UserStore } from '../../access/users.ts';
import { isSelf } from '../../accounts/use-cases/users.ts';
import { AppError } from '../../errors.ts';
import { rolePath, userPath } from '../parts/people.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import type { AccountPagesDeps } from './account-deps.ts';

const DELETE_PAGE = '/users/:name/-/delete';
const MINUTE_S = 60;

type Deps = Pick<
  AccountPagesDeps,
  'useCases' | 'users' | 'refreshTokens' | 'stars' | 'refusals' | 'tokenLifetimeSeconds'
>;

/** @throws {AppError} NOT_FOUND. */
export async function findUser(users: Pick<UserStore, 'find'>, name: unknown): Promise<User> {
  const user = await users.find(String(name));
  if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such user.', { key: 'user.unknown' });
  return user;
}

/** Deletes an account after a preview of what is deleted with it and what stays. */
export function userDeletePage(deps: Deps): PageModule {
  const { useCases, users } = deps;
  return (routes) => {
    routes.get(DELETE_PAGE, 'admin', async (page, request) => {
      await showPreview(deps, page, await findUser(users, request.params['name']));
    });

    routes.post(
      DELETE_PAGE,
      'admin',
      async (page, request) => {
        const user = await findUser(users, request.params['name']);
        try {
          await useCases.users.remove(actorOf(page), user);
        } catch (error) {
          return showPreview(deps, page, user, page.fieldErrors(error));
        }
        page.redirect('/users', { key: 'accounts:user.deleted', params: { name: user.username } });
      },
      { confirmed: true },
    );
  };
}

/** Everything that belongs to the account, for the preview. */
async function readOwned(deps: Deps, user: User) {
  const [held, logins, starred, refused] = await Promise.all([
    deps.useCases.users.readHeld(user),
    deps.refreshTokens.count(user.id),
    deps.stars.countOf(user.id),
    deps.refusals.countOf(user.username),
  ]);
  return { ...held, logins, starred, refused };
}

async function showPreview(deps: Deps, page: Page, user: User, errors: FieldErrors = {}): Promise<void> {
  const { t } = page;
  const { roles, sessions, logins, starred, refused } = await readOwned(deps, user);
  const counted = [
    [sessions, t('accounts:user.delete.sessions', { count: sessions })],
    [logins, t('accounts:user.delete.logins', { count: logins })],
    [starred, t('accounts:user.delete.stars', { count: starred })],
    [refused, t('accounts:user.delete.refused', { count: refused })],
  ] as const;
  const oneself = isSelf(actorOf(page), user) ? t('errors:user.own_account') : undefined;
  const error = Object.values(errors)[0] ?? oneself;
  const minutes = Math.ceil(deps.tokenLifetimeSeconds / MINUTE_S);
  const model = {
    ...{ title: t('accounts:user.delete.title', { name: user.username }), nav: 'users' },
    ...{ user, error, mayDelete: oneself === undefined, path: page.url(userPath(user.username)) },
    roles: roles.map((name) => ({ text: name, href: page.url(rolePath(name)) })),
    goes: [t('accounts:user.delete.account'), ...counted.filter(([count]) => count > 0).map(([, text]) => text)],
    stays: [
      t('accounts:user.delete.images', { name: user.username }),
      t('accounts:user.delete.history', { name: user.username }),
      t('accounts:user.delete.tokens', { count: minutes }),
    ],
  };
  await page.render('accounts/user-delete', model, Object.keys(errors).length > 0 ? 422 : 200);
}
