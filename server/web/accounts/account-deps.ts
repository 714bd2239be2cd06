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
import type { Stars } from '../../catalog/lists/stars.ts';
import type { EventStore } from '../../notifications/events.ts';
import type { Refusals } from '../../token/refusals.ts';

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
