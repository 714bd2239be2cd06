/** The JSON API, with everything it reads: the same stores and the same rights as the pages. */
import { type Api, createApi } from './api/api.ts';
import { accountRoutes } from './api/resources/account.ts';
import { deletionRoutes } from './api/resources/deletion.ts';
import { eventRoutes } from './api/resources/events.ts';
import { manifestRoutes } from './api/resources/manifests.ts';
import { repositoryRoutes } from './api/resources/repositories.ts';
import { type RegistryFacts, statusRoutes } from './api/resources/status.ts';
import { tagRoutes } from './api/resources/tags.ts';
import { createImages } from './catalog/images.ts';
import { createRepositoryStore } from './catalog/repositories.ts';
import { createTagStore } from './catalog/tags.ts';
import { createVisibility } from './catalog/visibility.ts';
import type { Config } from './config/config.ts';
import { VERSION } from './config/version.ts';
import type { RegistrySide } from './registry-side.ts';
import { sessionCookieName } from './web/session.ts';
import type { Web } from './web/web.ts';
import type { WebSideOptions } from './web-side.ts';

export interface ApiSideOptions extends WebSideOptions {
  readonly web: Pick<Web, 'sessions' | 'sentence'>;
}

export function createApiSide(options: ApiSideOptions): Api {
  const { config, core, opened, log, web } = options;
  return createApi({
    ...core,
    sessions: web.sessions,
    sentence: web.sentence,
    visibility: createVisibility(opened.db),
    routes: apiRoutes(options),
    authEnabled: config.registry.auth.enabled,
    basePath: config.server.base_path,
    version: VERSION,
    cookieName: sessionCookieName(core.publicUrl.startsWith('https:')),
    log,
  });
}

function apiRoutes({ config, registry, opened: { db }, log }: ApiSideOptions) {
  const readonly = registry.isReadonly;
  const found = { repositories: createRepositoryStore(db), tags: createTagStore(db) };
  return [
    ...repositoryRoutes({ ...found, refresh: registry.indexer.refreshRepository }),
    ...tagRoutes(found),
    ...deletionRoutes({ ...found, readonly, deletion: registry.deletion }),
    ...manifestRoutes({ ...found, images: createImages({ db, fetchManifest: registry.indexer.fetchManifest, log }) }),
    ...eventRoutes(registry),
    ...statusRoutes({
      version: VERSION,
      readonly,
      registry: () => registryFacts(config, registry),
      crawl: registry.crawlState,
      arrivals: registry.events.arrivals,
    }),
    ...accountRoutes(),
  ];
}

function registryFacts(config: Config, { client, monitor, managed }: RegistrySide): RegistryFacts {
  const health = monitor.latest();
  return {
    name: config.registry.public_name ?? config.registry.name,
    reachable: health?.reachable ?? null,
    lastAnswerAt: monitor.lastAnswerAt(),
    version: managed?.status().version ?? null,
    address: client.address,
    error: health?.error ?? null,
  };
}
