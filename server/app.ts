/** The one place that builds every part, connects neighbours that must not know each other, and mounts every route. */

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express from 'express';
import { createAccess } from './access/engine.ts';
import { createGrantStore } from './access/grants.ts';
import { createRoleStore } from './access/roles.ts';
import { createUserStore } from './access/users.ts';
import { createCredentialChecker } from './accounts/credentials.ts';
import { createSetupCode, ensureFirstAdmin } from './accounts/first-admin.ts';
import { createKnownPlaces } from './accounts/known-places.ts';
import { createPasswordHasher } from './accounts/password.ts';
import { createRefreshTokens } from './accounts/refresh-tokens.ts';
import { createSessions } from './accounts/sessions.ts';
import { purgeEndedAccess } from './accounts/upkeep.ts';
import { createApiSide } from './api-side.ts';
import { createContentReader } from './artifacts/reader.ts';
import { createAudit } from './audit/audit.ts';
import { createFailedSignIns } from './audit/failed-sign-ins.ts';
import type { Config } from './config/config.ts';
import { ownHosts, publicBaseUrl } from './config/public-url.ts';
import { createOriginOf } from './http/client-address.ts';
import { createDispatcher, type PlainHandler } from './http/dispatch.ts';
import { guardHosts } from './http/host-guard.ts';
import type { Logger } from './log.ts';
import { createNewsDesk } from './news.ts';
import { createRegistrySide } from './registry-side.ts';
import type { OpenedDatabase } from './storage/database.ts';
import type { StorageHealth } from './storage/health.ts';
import { createSettings } from './storage/settings.ts';
import { createTokenSide } from './token-side.ts';
import { createWebSide } from './web-side.ts';

export interface AppOptions {
  readonly config: Config;
  /** Folder of config.yml and registry.yml. */
  readonly configFolder: string;
  /** Folder in which a key pair of our own is made. */
  readonly keyFolder: string;
  /** Folder with `views/`, `locales/` and `dist/`. */
  readonly root: string;
  readonly opened: OpenedDatabase;
  readonly log: Logger;
  readonly now: () => number;
  /** Whether localhost is a container here and not the machine that people sit at. */
  readonly inContainer: boolean;
  readonly cacheViews: boolean;
}

export interface App {
  readonly listener: RequestListener;
  /** Once we listen: the registry may ask us from now on. */
  readonly start: () => Promise<void>;
  /** /readyz says no from now on, and streams end. */
  readonly refuseNew: () => void;
  readonly stop: () => Promise<void>;
}

/** @throws {StartError} when keys or the first account cannot be had. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, opened, log } = options;
  const core = await createCore(options);
  const token = await createTokenSide({ ...options, core });
  const registry = await createRegistrySide({ ...options, core, token });
  const sides = { ...options, core, token, registry };
  registry.jobs.add({
    ...{ name: 'account-upkeep', schedule: '50 * * * *', lane: 'accounts', isCaughtUp: true },
    run: () => purgeEndedAccess(core),
  });
  const web = await createWebSide({ ...sides, apiDocument: () => api.document() });
  const api = createApiSide({ ...sides, web });
  let ready = false;
  const plain = new Map<string, PlainHandler>([
    ...token.handlers,
    ['/api/notification', registry.notification],
    ['/healthz', (_request, response) => answerText(response, 200, 'ok')],
    ['/readyz', (_request, response) => answerReady(response, ready, opened.storage)],
  ]);
  const pages = express().disable('x-powered-by').set('query parser', 'simple');
  pages.use(`${config.server.base_path}/api/v1`, api.handler);
  pages.use(config.server.base_path === '' ? '/' : config.server.base_path, web.router);
  const listener = createDispatcher({
    basePath: config.server.base_path,
    plain,
    rest: guardHosts(ownHosts(config), pages),
    machines: ['/api/', '/auth/', '/v2/'],
    pages: ['/api/v1/', '/api/docs/'],
    onError: (error, path) => log.error({ error, path }, 'request failed'),
  });
  return {
    listener,
    async start() {
      ready = true;
      await registry.start();
      web.watch.refresh().catch((error: unknown) => log.warn({ error }, 'the status checks could not run'));
    },
    refuseNew: () => {
      ready = false;
      web.live.endAll();
    },
    async stop() {
      await registry.stop();
      await token.stop();
      await core.failedSignIns.flush();
      await core.hasher.close();
      await core.reader.close();
      await opened.close();
    },
  };
}

export type Core = Awaited<ReturnType<typeof createCore>>;

/** Accounts and rights: what every other part asks. */
async function createCore({ config, opened: { db }, log, now }: AppOptions) {
  const settings = createSettings(db);
  const users = createUserStore(db, now);
  const roles = createRoleStore(db, now);
  const grants = createGrantStore(db, now);
  const hasher = createPasswordHasher();
  const reader = createContentReader();
  const knownPlaces = createKnownPlaces(db, now);
  const access = createAccess(db);
  const news = createNewsDesk();
  const core = {
    news,
    settings,
    users,
    roles,
    grants,
    hasher,
    reader,
    access,
    originOf: createOriginOf(config.server.trusted_proxies),
    publicUrl: publicBaseUrl(config),
    credentials: createCredentialChecker({ access, hasher, knownPlaces, users, now, log }),
    knownPlaces,
    sessions: createSessions(db, { now }),
    refreshTokens: createRefreshTokens(db, now),
    setupCode: createSetupCode(settings),
    audit: createAudit(db, now, ({ action }) => news.tell({ kind: 'audit', action })),
    failedSignIns: createFailedSignIns(db, {
      now,
      log,
      onWritten: () => news.tell({ kind: 'audit', action: 'session.fail' }),
    }),
    secret: await settings.getOrMake('session_secret', () => randomBytes(32).toString('base64url')),
  };
  if (config.registry.auth.enabled) {
    await ensureFirstAdmin({ users, roles, grants, hasher, password: config.admin.password, settings, log });
  }
  return core;
}

function answerReady(response: ServerResponse, ready: boolean, storage: StorageHealth): void {
  storage.look();
  const reason = ready ? storage.error()?.message : 'not ready';
  answerText(response, reason === undefined ? 200 : 503, reason ?? 'ready');
}

function answerText(response: ServerResponse<IncomingMessage>, status: number, text: string): void {
  response
    .writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
    .end(`${text}\n`);
}
