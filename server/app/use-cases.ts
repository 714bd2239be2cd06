/** What people can do here, each once: pages, API and commands call the same functions. */
import { createPublicAccess } from '../access/public.ts';
import { createSingleRuleRoles } from '../access/single-rule.ts';
import { createGrantUseCases } from '../access/use-cases/grants.ts';
import { createRoleUseCases } from '../access/use-cases/roles.ts';
import { createOwnPassword, createPasswordReset } from '../accounts/use-cases/passwords.ts';
import { createSignIn } from '../accounts/use-cases/sign-in.ts';
import { createUserUseCases } from '../accounts/use-cases/users.ts';
import type { Database } from '../storage/database.ts';
import type { Refusals } from '../token/refusals.ts';
import type { AccountUseCases } from '../web/accounts/account-deps.ts';
import type { Core } from './core.ts';

export interface AccountUseCasesDeps
  extends Pick<Core, 'access' | 'users' | 'roles' | 'grants' | 'hasher' | 'sessions' | 'credentials' | 'audit'>,
    Pick<Core, 'refreshTokens' | 'setupCode' | 'failedSignIns'> {
  readonly db: Database;
  readonly refusals: Pick<Refusals, 'forget'>;
  readonly now: () => number;
}

export function createAccountUseCases(deps: AccountUseCasesDeps): AccountUseCases {
  const single = createSingleRuleRoles(deps.db, deps.now);
  const publicAccess = createPublicAccess({ access: deps.access, single });
  return {
    users: createUserUseCases({ ...deps, forgetRefusals: deps.refusals.forget }),
    roles: createRoleUseCases(deps),
    grants: createGrantUseCases({ ...deps, single, publicAccess }),
    resetPassword: createPasswordReset(deps),
    ownPassword: createOwnPassword(deps),
    signIn: createSignIn(deps),
  };
}
