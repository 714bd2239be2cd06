/** The use cases, built once: pages, API and commands call the same functions. */
import { createGrantUseCases, type GrantUseCasesDeps } from '../access/use-cases/grants.ts';
import { createRoleUseCases } from '../access/use-cases/roles.ts';
import { createOwnPassword, createPasswordReset } from '../accounts/use-cases/passwords.ts';
import { createSignIn } from '../accounts/use-cases/sign-in.ts';
import { createUserUseCases } from '../accounts/use-cases/users.ts';
import { createDescriptionUseCases } from '../catalog/use-cases/descriptions.ts';
import { createReadingUseCases } from '../catalog/use-cases/reading.ts';
import { createSetStar } from '../catalog/use-cases/stars.ts';
import { createDeletionUseCases, type DeletionUseCasesDeps } from '../housekeeping/use-cases/deletion.ts';
import type { Refusals } from '../token/refusals.ts';
import type { AccountUseCases } from '../web/accounts/account-deps.ts';
import type { Core } from './core.ts';
import type { RegistrySide } from './registry.ts';
import type { Stores } from './stores.ts';
import type { TokenSide } from './token.ts';

export interface AccountUseCasesDeps
  extends Pick<Core, 'users' | 'roles' | 'grants' | 'hasher' | 'sessions' | 'credentials' | 'audit'>,
    Pick<Core, 'refreshTokens' | 'setupCode' | 'failedSignIns'>,
    Pick<GrantUseCasesDeps, 'single' | 'publicAccess'> {
  readonly refusals: Pick<Refusals, 'forget'>;
}

export function createAccountUseCases(deps: AccountUseCasesDeps): AccountUseCases {
  return {
    users: createUserUseCases({ ...deps, forgetRefusals: deps.refusals.forget }),
    roles: createRoleUseCases(deps),
    grants: createGrantUseCases(deps),
    resetPassword: createPasswordReset(deps),
    ownPassword: createOwnPassword(deps),
    signIn: createSignIn(deps),
  };
}

export interface UseCasesDeps {
  readonly core: Core;
  readonly token: Pick<TokenSide, 'refusals'>;
  readonly registry: Pick<RegistrySide, 'isReadonly'> & {
    readonly client: Pick<RegistrySide['client'], 'address'>;
    readonly deletion: DeletionUseCasesDeps['deletion'];
    readonly index: {
      readonly remote: Pick<RegistrySide['index']['remote'], 'refreshRepository' | 'crawl' | 'acceptLoss'>;
    };
  };
  readonly stores: Stores;
}

export type UseCases = ReturnType<typeof createUseCases>;

export function createUseCases({ core, token, registry, stores }: UseCasesDeps) {
  const { audit } = core;
  const { client, deletion, index, isReadonly } = registry;
  return {
    accounts: createAccountUseCases({ ...core, ...stores, refusals: token.refusals }),
    deleting: createDeletionUseCases({ deletion, isReadonly, audit }),
    describing: createDescriptionUseCases({ descriptions: stores.descriptions, audit }),
    setStar: createSetStar(stores.stars),
    reading: createReadingUseCases({
      refresh: (repository) => index.remote.refreshRepository(repository),
      crawl: () => void index.remote.crawl('asked'),
      acceptLoss: () => index.remote.acceptLoss(),
      registryAddress: client.address,
      audit,
    }),
  };
}
