/** The pages on a free port with a fresh database: everything real but the registry. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import { type Core, createCore } from '../../../server/app/core.ts';
import { createStores, type Stores, type StoresDeps } from '../../../server/app/stores.ts';
import { createAccountUseCases } from '../../../server/app/use-cases.ts';
import { isVisibleName } from '../../../server/catalog/visibility/visibility.ts';
import type { Config } from '../../../server/config/config.ts';
import { createLogger, type Logger } from '../../../server/log.ts';
import { createEventStore } from '../../../server/notifications/events.ts';
import type { Database } from '../../../server/storage/database.ts';
import { createRefusals, type Refusals } from '../../../server/token/refusals.ts';
import type { AccountUseCases } from '../../../server/web/accounts/account-deps.ts';
import type { PageModule } from '../../../server/web/shell/routes.ts';
import { createWeb, type Web, type WebDeps } from '../../../server/web/web.ts';
import { openTestDatabase } from '../data/database.ts';
import { configOf } from './config.ts';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Of the first admin, unless a test says another. */
export const FIRST_PASSWORD = 'first-admin-password';

/** What is the product's own in every test of pages and API; the registry alone is missing. */
export interface TestParts {
  readonly config: Config;
  readonly db: Database;
  readonly core: Core;
  readonly stores: Stores;
  readonly useCases: AccountUseCases;
  readonly refusals: Refusals;
  readonly now: () => number;
  readonly log: Logger;
}

export interface TestWebOptions {
  readonly config?: { readonly server?: object; readonly registry?: object };
  readonly adminPassword?: string | null;
  /** What the registry gives to who looks at an image; default: nothing. */
  readonly registry?: Partial<Pick<StoresDeps, 'fetchManifest' | 'getBlob'>>;
  readonly pages?: readonly PageModule[] | ((parts: TestParts) => readonly PageModule[]);
  readonly deps?: Partial<WebDeps>;
  /** Trusted as a proxy, so that a test can be another client or come over https. */
  readonly trustedProxies?: readonly string[];
  /** Makes what is mounted below `/api/v1`. */
  readonly api?: (parts: TestParts & { readonly web: Web }) => RequestHandler;
}

async function buildOnce(): Promise<void> {
  if (existsSync(join(ROOT, 'dist', 'assets.json'))) return;
  const { buildAssets } = (await import(`${ROOT}/scripts/build-assets.mjs`)) as { buildAssets: () => Promise<unknown> };
  await buildAssets();
}

async function createParts(db: Database, log: Logger, options: TestWebOptions): Promise<TestParts> {
  const { config: given = {}, adminPassword = FIRST_PASSWORD, trustedProxies = [] } = options;
  const server = { ...given.server, trusted_proxies: trustedProxies };
  const config = configOf({ ...given, server, admin: { password: adminPassword } });
  const now = options.deps?.now ?? Date.now;
  const core = await createCore({ config, opened: { db }, log, now });
  const registry = { fetchManifest: async () => false, getBlob: async () => undefined, ...options.registry };
  const stores = createStores({ ...core, ...registry, db, now, log });
  const refusals = createRefusals(db, { now, log, bus: core.bus });
  const useCases = createAccountUseCases({ ...core, ...stores, refusals });
  return { config, db, core, stores, useCases, refusals, now, log };
}

export async function startWeb(options: TestWebOptions = {}) {
  await buildOnce();
  const { db, close } = await openTestDatabase();
  const lines: string[] = [];
  const parts = await createParts(db, createLogger('debug', { write: (line) => void lines.push(line) }), options);
  const { config, core, useCases } = parts;
  const { pages = [] } = options;
  const web = createWeb({
    ...core,
    ...parts,
    ...{ root: ROOT, cacheViews: true, stars: parts.stores.stars, events: createEventStore(db, isVisibleName) },
    tokenLifetimeSeconds: config.registry.auth.lifetime,
    sessionStore: core.sessions.store,
    previewMatches: async (pattern) => ({ total: pattern === '**' ? 12 : 1, names: ['team/app'] }),
    pages: typeof pages === 'function' ? pages(parts) : pages,
    ...options.deps,
  });
  const app = express().disable('x-powered-by').set('query parser', 'simple');
  const api = options.api?.({ ...parts, web });
  if (api !== undefined) app.use(`${config.server.base_path}/api/v1`, api);
  app.use(config.server.base_path === '' ? '/' : config.server.base_path, web.router);
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...core,
    ...{ port, url: `http://127.0.0.1:${port}${config.server.base_path}`, db, useCases },
    ...{ refusals: parts.refusals, routes: web.routes, logged: () => lines.join('') },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await core.hasher.close();
      await core.reader.close();
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
