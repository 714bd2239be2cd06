import type { Access } from '../../access/engine.ts';
import type { GrantStore } from '../../access/grants.ts';
import type { RoleStore } from '../../access/roles.ts';
import type { GrantUseCases } from '../../access/use-cases/grants.ts';
import type { RoleUseCases } from '../../access/use-cases/roles.ts';
import type { UserStore } from '../../access/users.ts';
import type { SetupCode } from '../../accounts/first-admin.ts';
import type { RefreshTokens } from '../../accounts/refresh-tokens.ts';
import type { Sessions } from '../../accounts/sessions.ts';
import type { OwnPassword, PasswordReset } from '../../accounts/use-cases/passwords.ts';
import type { SignIn } from '../../accounts/use-cases/sign-in.ts';
import type { UserUseCases } from '../../accounts/use-cases/users.ts';
import type { Audit } from '../../audit/audit.ts';
import type { FailedSignInStore } from '../../audit/failed-sign-ins.ts';
import type { Stars } from '../../catalog/lists/stars.ts';
import type { EventStore } from '../../notifications/events.ts';
import type { Refusals } from '../../token/refusals.ts';

/** The repositories that a pattern matches now, for the preview of a role. */
export interface PatternMatches {
  readonly total: number;
  /** The first few; `total` counts all. */
  readonly names: readonly string[];
}

/** Use cases for accounts and rights. */
export interface AccountUseCases {
  readonly users: UserUseCases;
  readonly roles: RoleUseCases;
  readonly grants: GrantUseCases;
  readonly resetPassword: PasswordReset;
  readonly ownPassword: OwnPassword;
  readonly signIn: SignIn;
}

/** Pages only read from the stores; every change is a use case. */
export interface AccountPagesDeps {
  readonly useCases: AccountUseCases;
  readonly access: Access;
  readonly users: Pick<UserStore, 'find' | 'get' | 'list'>;
  readonly roles: Pick<RoleStore, 'find' | 'list'>;
  readonly grants: Pick<GrantStore, 'rolesOf' | 'holdersOf'>;
  readonly sessions: Pick<Sessions, 'list'>;
  readonly setupCode: Pick<SetupCode, 'isNeededFor'>;
  readonly audit: Pick<Audit, 'list'>;
  readonly failedSignIns: Pick<FailedSignInStore, 'list'>;
  readonly refreshTokens: Pick<RefreshTokens, 'count'>;
  readonly stars: Pick<Stars, 'countOf'>;
  readonly refusals: Pick<Refusals, 'countOf'>;
  readonly events: Pick<EventStore, 'list'>;
  /** An issued token stays valid for so long, even if the account is disabled or deleted. */
  readonly tokenLifetimeSeconds: number;
  readonly now: () => number;
  readonly previewMatches: (pattern: string) => Promise<PatternMatches>;
}
