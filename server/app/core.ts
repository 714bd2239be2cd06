/** Accounts, rights, settings and the audit, which all other parts use. */

import { randomBytes } from 'node:crypto';
import { createAccess } from '../access/engine.ts';
import { createGrantStore } from '../access/grants.ts';
import { createRoleStore } from '../access/roles.ts';
import { createUserStore } from '../access/users.ts';
import { createCredentialChecker } from '../accounts/credentials.ts';
import { createSetupCode, ensureFirstAdmin } from '../accounts/first-admin.ts';
import { createKnownAddresses } from '../accounts/known-addresses.ts';
import { createPasswordHasher } from '../accounts/password.ts';
import { createRefreshTokens } from '../accounts/refresh-tokens.ts';
import { createSessions } from '../accounts/sessions.ts';
import { createContentReader } from '../artifacts/reader.ts';
import { createAudit } from '../audit/audit.ts';
import { createFailedSignIns } from '../audit/failed-sign-ins.ts';
import { createBus } from '../bus/bus.ts';
import type { Config } from '../config/config.ts';
import { publicBaseUrl } from '../config/public-url.ts';
import { createOriginOf } from '../http/client-address.ts';
import type { Logger } from '../log.ts';
import type { OpenedDatabase } from '../storage/database.ts';
import { createSettings } from '../storage/settings.ts';

export interface AppOptions {
  readonly config: Config;
  /** Folder of config.yml and registry.yml. */
  readonly configFolder: string;
  /** Folder of the key pair that we create. */
  readonly keyFolder: string;
  /** Folder with `views/`, `locales/` and `dist/`. */
  readonly root: string;
  readonly opened: OpenedDatabase;
  readonly log: Logger;
  /** Writes finished log lines of other threads. */
  readonly writeLog: (line: string) => void;
  readonly now: () => number;
  /** Whether localhost means a container and not the machine of a person. */
  readonly inContainer: boolean;
  readonly cacheViews: boolean;
}

export type Core = Awaited<ReturnType<typeof createCore>>;

export interface CoreOptions extends Pick<AppOptions, 'config' | 'log' | 'now'> {
  readonly opened: Pick<OpenedDatabase, 'db'>;
}

/** Accounts and rights: what every other part asks. */
export async function createCore({ config, opened: { db }, log, now }: CoreOptions) {
  const settings = createSettings(db);
  const users = createUserStore(db, now);
  const roles = createRoleStore(db, now);
  const grants = createGrantStore(db, now);
  const hasher = createPasswordHasher();
  const reader = createContentReader();
  const knownAddresses = createKnownAddresses(db, now);
  const access = createAccess(db);
  const bus = createBus(log);
  const core = {
    bus,
    settings,
    users,
    roles,
    grants,
    hasher,
    reader,
    access,
    originOf: createOriginOf(config.server.trusted_proxies),
    publicUrl: publicBaseUrl(config),
    credentials: createCredentialChecker({ access, hasher, knownAddresses, users, now, log }),
    knownAddresses,
    sessions: createSessions(db, { now }),
    refreshTokens: createRefreshTokens(db, now),
    setupCode: createSetupCode(settings),
    audit: createAudit(db, now, bus),
    failedSignIns: createFailedSignIns(db, { now, log, bus }),
    secret: await settings.getOrCreate('session_secret', () => randomBytes(32).toString('base64url')),
  };
  if (config.registry.auth.enabled) {
    await ensureFirstAdmin({ users, roles, grants, hasher, password: config.admin.password, settings, log });
  }
  return core;
}
