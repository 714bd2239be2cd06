import type { Confirmation } from '../shell/confirmed.ts';
import type { PageModule } from '../shell/routes.ts';
import { accountPage } from './account.ts';
import type { AccountPagesDeps } from './account-deps.ts';
import { anonymousPage } from './anonymous.ts';
import { auditPage } from './audit.ts';
import { confirmPage } from './confirm.ts';
import { loginPage } from './login.ts';
import { rolePage } from './role.ts';
import { rolesPage } from './roles.ts';
import { setupPasswordPage } from './setup-password.ts';
import { userPage } from './user.ts';
import { userDeletePage } from './user-delete.ts';
import { usersPage } from './users.ts';

/** All pages about users, roles and rights; not registered when `auth.enabled` is false. */
export function accountPages(deps: AccountPagesDeps, confirmation: Confirmation): PageModule {
  const pages = [
    loginPage(deps),
    setupPasswordPage(deps),
    confirmPage(confirmation),
    accountPage(deps),
    usersPage(deps),
    userPage(deps),
    userDeletePage(deps),
    rolesPage(deps),
    rolePage(deps),
    anonymousPage(deps),
    auditPage(deps),
  ];
  return (routes) => {
    for (const page of pages) page(routes);
  };
}
