/** The composition root: builds every part, connects parts that must not import each other, and mounts all routes. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express from 'express';
import { purgeExpiredAccess } from '../accounts/purge-expired.ts';
import { ownHosts } from '../config/public-url.ts';
import { createDispatcher, type PlainHandler } from '../http/dispatch.ts';
import { guardHosts } from '../http/host-guard.ts';
import type { StorageHealth } from '../storage/health.ts';
import { createApiSide } from './api.ts';
import { type AppOptions, createCore } from './core.ts';
import { createOperationsSide } from './operations.ts';
import { createRegistrySide } from './registry.ts';
import { createStores } from './stores.ts';
import { createTokenSide } from './token.ts';
import { createUseCases } from './use-cases.ts';
import { createWebSide } from './web.ts';

export interface App {
  readonly listener: RequestListener;
  /** To be called once the server listens: the registry may send requests from then on. */
  readonly start: () => Promise<void>;
  /** /readyz answers 503 from now on, and event streams end. */
  readonly refuseNew: () => void;
  readonly stop: () => Promise<void>;
}

/** @throws {StartError} when the keys or the first account cannot be created. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, opened, log } = options;
  const core = await createCore(options);
  const token = await createTokenSide({ ...options, core });
  const registry = await createRegistrySide({ ...options, core, token });
  const stores = createStores({
    ...{ ...core, db: opened.db, now: options.now, log },
    fetchManifest: registry.index.remote.fetchManifest,
    getBlob: registry.client.getBlob,
  });
  const useCases = createUseCases({ core, token, registry, stores });
  const operations = createOperationsSide({ ...options, core, token, registry });
  const sides = { ...options, core, token, registry, operations, stores, useCases };
  registry.jobs.add({
    ...{ name: 'account-upkeep', schedule: '50 * * * *', lane: 'accounts', isCaughtUp: true },
    run: () => purgeExpiredAccess(core),
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
    handlers: plain,
    fallback: guardHosts(ownHosts(config), pages),
    machinePrefixes: ['/api/', '/auth/', '/v2/'],
    pagePrefixes: ['/api/v1/', '/api/docs/'],
    onError: (error, path) => log.error({ error, path }, 'request failed'),
  });
  return {
    listener,
    async start() {
      ready = true;
      await registry.start();
      operations.check().catch((error: unknown) => log.warn({ error }, 'the status checks could not run'));
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

function answerReady(response: ServerResponse, ready: boolean, storage: StorageHealth): void {
  storage.checkNow();
  const reason = ready ? storage.error()?.message : 'not ready';
  answerText(response, reason === undefined ? 200 : 503, reason ?? 'ready');
}

function answerText(response: ServerResponse<IncomingMessage>, status: number, text: string): void {
  response
    .writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
    .end(`${text}\n`);
}
