/** The pages on a free port with a fresh database: everything real but the registry. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import { type Access, createAccess } from '../../../server/access/engine.ts';
import { createGrantStore } from '../../../server/access/grants.ts';
import { createPublicAccess } from '../../../server/access/public.ts';
import { createRoleStore } from '../../../server/access/roles.ts';
import { createSingleRuleRoles } from '../../../server/access/single-rule.ts';
import { createUserStore } from '../../../server/access/users.ts';
import { type CredentialChecker, createCredentialChecker } from '../../../server/accounts/credentials.ts';
import { createSetupCode, ensureFirstAdmin } from '../../../server/accounts/first-admin.ts';
import { createKnownAddresses } from '../../../server/accounts/known-addresses.ts';
import { createPasswordHasher } from '../../../server/accounts/password.ts';
import { createRefreshTokens } from '../../../server/accounts/refresh-tokens.ts';
import { createSessions } from '../../../server/accounts/sessions.ts';
import { createAccountUseCases } from '../../../server/app/use-cases.ts';
import { type Audit, createAudit } from '../../../server/audit/audit.ts';
import { createFailedSignIns } from '../../../server/audit/failed-sign-ins.ts';
import { createBus } from '../../../server/bus/bus.ts';
import { createStars } from '../../../server/catalog/lists/stars.ts';
import { isVisibleName } from '../../../server/catalog/visibility/visibility.ts';
import { createOriginOf, type OriginOf } from '../../../server/http/client-address.ts';
import { createLogger, type Logger } from '../../../server/log.ts';
import { createEventStore } from '../../../server/notifications/events.ts';
import type { Database } from '../../../server/storage/database.ts';
import { createSettings } from '../../../server/storage/settings.ts';
import { createRefusals } from '../../../server/token/refusals.ts';
import type { PageModule } from '../../../server/web/shell/routes.ts';
import { createWeb, type Web, type WebDeps } from '../../../server/web/web.ts';
import { openTestDatabase } from '../data/database.ts';
import { configOf } from './config.ts';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Of the first admin, unless a test says another. */
export const FIRST_PASSWORD = 'first-admin-password';

export interface TestWebOptions {
  readonly config?: object;
  readonly adminPassword?: string | null;
  readonly pages?: readonly PageModule[];
  readonly deps?: Partial<WebDeps>;
  /** Trusted as a proxy, so that a test can be another client or come over https. */
  readonly trustedProxies?: readonly string[];
  /** Makes what is mounted below `/api/v1`. */
  readonly api?: (parts: ApiParts) => RequestHandler;
}

/** What the JSON API shares with the pages. */
export interface ApiParts {
  readonly db: Database;
  readonly web: Web;
  readonly access: Access;
  readonly credentials: CredentialChecker;
  readonly originOf: OriginOf;
  readonly secret: string;
  readonly log: Logger;
  readonly audit: Audit;
}

async function buildOnce(): Promise<void> {
  if (existsSync(join(ROOT, 'dist', 'assets.json'))) return;
  const { buildAssets } = (await import(`${ROOT}/scripts/build-assets.mjs`)) as { buildAssets: () => Promise<unknown> };
  await buildAssets();
}

export async function startWeb(options: TestWebOptions = {}) {
  const { config: given = {}, adminPassword = FIRST_PASSWORD, pages = [], trustedProxies = [] } = options;
  await buildOnce();
  const { db, close } = await openTestDatabase();
  const config = configOf(given);
  const lines: string[] = [];
  const log = createLogger('debug', { write: (line) => void lines.push(line) });
  const bus = createBus(log);
  const [access, users, roles, grants] = [
    createAccess(db),
    createUserStore(db),
    createRoleStore(db),
    createGrantStore(db),
  ];
  const [hasher, settings, sessions, audit, failedSignIns] = [
    createPasswordHasher(),
    createSettings(db),
    createSessions(db, { now: Date.now }),
    createAudit(db),
    createFailedSignIns(db, { now: Date.now, log, bus }),
  ];
  await ensureFirstAdmin({ users, roles, grants, hasher, password: adminPassword, settings, log });
  const refusals = createRefusals(db, { now: Date.now, log, bus });
  const originOf = createOriginOf(trustedProxies);
  const secret = 'test'.repeat(16);
  const credentials = createCredentialChecker({
    access,
    hasher,
    knownAddresses: createKnownAddresses(db, Date.now),
    users,
    now: Date.now,
    log,
  });
  const refreshTokens = createRefreshTokens(db);
  const setupCode = createSetupCode(settings);
  const now = options.deps?.now ?? Date.now;
  const single = createSingleRuleRoles(db);
  const useCases = createAccountUseCases({
    ...{ users, roles, grants, hasher, sessions, credentials, audit },
    ...{ refreshTokens, setupCode, failedSignIns, refusals },
    ...{ single, publicAccess: createPublicAccess({ access, single }) },
  });
  const web = createWeb({
    useCases,
    ...{ config, root: ROOT, originOf, sessionStore: sessions.store },
    ...{
      secret,
      log,
      cacheViews: true,
      pages,
      access,
      users,
      roles,
      grants,
      sessions,
      audit,
      failedSignIns,
    },
    ...{ refusals, refreshTokens, stars: createStars({ db }), events: createEventStore(db, isVisibleName) },
    tokenLifetimeSeconds: config.registry.auth.lifetime,
    setupCode,
    now,
    previewMatches: async (pattern) => ({ total: pattern === '**' ? 12 : 1, names: ['team/app'] }),
    ...options.deps,
  });
  const app = express();
  app.disable('x-powered-by');
  const api = options.api?.({ db, web, access, credentials, originOf, secret, log, audit });
  if (api !== undefined) app.use(`${config.server.base_path}/api/v1`, api);
  app.use(config.server.base_path === '' ? '/' : config.server.base_path, web.router);
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{
      port,
      url: `http://127.0.0.1:${port}${config.server.base_path}`,
      db,
      useCases,
      users,
      roles,
      grants,
      sessions,
      audit,
    },
    ...{ refusals, hasher, routes: web.routes, logged: () => lines.join('') },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await hasher.close();
      await close();
    },
  };
}
/** A browser without a window: keeps cookies, sends forms with their token, follows nothing. */
export function createVisitor(url: string, headers: Readonly<Record<string, string>> = {}) {
  const jar = new Map<string, string>();
  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${url}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { ...headers, cookie, ...(init.headers as Record<string, string> | undefined) },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=;]*)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }
  async function token(): Promise<string> {
    const html = await (await request('/no-such-page')).text();
    return /name="_csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
  }
  return {
    jar,
    request,
    token,
    async post(path: string, fields: Readonly<Record<string, string>>, init: RequestInit = {}): Promise<Response> {
      const body = new URLSearchParams({ _csrf: await token(), ...fields });
      return request(path, { ...init, method: 'POST', body });
    },
    signIn(username: string, password: string): Promise<Response> {
      return this.post('/login', { username, password });
    },
  };
}
export type Visitor = ReturnType<typeof createVisitor>;
export type TestWeb = Awaited<ReturnType<typeof startWeb>>;
