import type { Access } from '../../access/engine.ts';
import type { GrantStore } from '../../access/grants.ts';
import type { RoleStore } from '../../access/roles.ts';
import type { UserStore } from '../../access/users.ts';
import type { CredentialChecker } from '../../accounts/credentials.ts';
import type { SetupCode } from '../../accounts/first-admin.ts';
import type { PasswordHasher } from '../../accounts/password.ts';
import type { RefreshTokens } from '../../accounts/refresh-tokens.ts';
import type { Sessions } from '../../accounts/sessions.ts';
import type { Audit } from '../../audit/audit.ts';
import type { FailedSignInStore } from '../../audit/failed-sign-ins.ts';
import type { Stars } from '../../catalog/stars.ts';
import type { EventStore } from '../../notifications/events.ts';
import type { Refusals } from '../../token/refusals.ts';
import type { Confirmation } from '../confirmed.ts';
import type { PageModule } from '../routes.ts';
import { accountPage } from './account.ts';
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

/** What one pattern matches at this moment, for the preview before a role is saved. */
export interface PatternMatches {
  readonly total: number;
  /** The first few. */
  readonly names: readonly string[];
}

export interface AccountPagesDeps {
  readonly access: Access;
  readonly users: UserStore;
  readonly roles: RoleStore;
  readonly grants: GrantStore;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly credentials: CredentialChecker;
  readonly sessions: Pick<Sessions, 'list' | 'end' | 'endAll' | 'endOthers'>;
  readonly setupCode: SetupCode;
  readonly audit: Audit;
  readonly failedSignIns: Pick<FailedSignInStore, 'record' | 'list'>;
  readonly refreshTokens: Pick<RefreshTokens, 'count'>;
  readonly stars: Pick<Stars, 'countOf'>;
  readonly refusals: Pick<Refusals, 'countOf' | 'forget'>;
  readonly events: Pick<EventStore, 'list'>;
  /** Seconds for which a token of ours holds, whatever happens to the account. */
  readonly tokenLifetime: number;
  readonly now: () => number;
  readonly previewMatches: (pattern: string) => Promise<PatternMatches>;
}

/** Everything about people and their rights; none of it exists where `auth.enabled` is false. */
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
