/** The index beside a real registry, with nothing else of the application. */

import { createAccess } from '../../../server/access/engine.ts';
import { createStores } from '../../../server/app/stores.ts';
import { createBus } from '../../../server/bus/bus.ts';
import {
  type CatalogEvent,
  createIndexer,
  type Indexer,
  type IndexerDeps,
  type RegistryReader,
} from '../../../server/catalog/sync/indexer.ts';
import { EVERYTHING } from '../../../server/catalog/visibility/visibility.ts';
import type { Config } from '../../../server/config/config.ts';
import { createLogger } from '../../../server/log.ts';
import {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
} from '../../../server/registry/client/client.ts';
import type { Database } from '../../../server/storage/database.ts';
import { openTestDatabase } from '../data/database.ts';
import { startRegistry } from '../registry/registry.ts';

export interface Catalog {
  readonly url: string;
  /** Counts of requests by kind since the last `reset`. */
  readonly asked: string[];
  /** What the next calls of this kind fail with. */
  readonly failing: Set<string>;
  clock: number;
}

export async function startCatalog(options: Pick<IndexerDeps, 'isQuiet'> = {}) {
  // Layers that stand elsewhere are taken only from hosts that are named.
  const validation = { manifests: { urls: { allow: ['^https://mcr\\.microsoft\\.com/'] } } };
  const registry = await startRegistry({ version: '3.1.1', extra: { validation } });
  const database = await openTestDatabase();
  const log = createLogger('silent');
  const real = openClient(registry.url);
  const state: Catalog = {
    url: registry.url,
    asked: [],
    failing: new Set(),
    clock: Date.parse('2026-03-01T00:00:00Z'),
  };
  const changes: string[] = [];
  const reads: string[] = [];
  const { db } = database;
  const bus = createBus(log);
  bus.subscribe('repository-changed', ({ repository }) => changes.push(repository));
  bus.subscribe('repository-read', ({ repository }) => reads.push(repository));
  const reader = watched(real, state);
  const indexer = createIndexer({
    db,
    client: reader,
    now: () => state.clock,
    clock: () => state.clock,
    log,
    bus,
    ...options,
    lookAgainDelaysMs: [200, 600, 1500],
    retryDelaysMs: [200, 500, 1000],
  });
  const stores = createStores({
    ...{ db, access: createAccess(db), now: () => state.clock, log },
    ...{ fetchManifest: indexer.fetchManifest, getBlob: reader.getBlob },
  });
  const { repositories, tags, documents, images } = stores;
  return {
    ...state,
    state,
    registry,
    db,
    indexer,
    applyEvent: (event: CatalogEvent) => applyEvent(db, indexer, event),
    changes,
    reads,
    ...{ repositories, tags, documents, images },
    repository: (name: string) => repositories.find(EVERYTHING, name),
    async stop(): Promise<void> {
      await indexer.close();
      real.close();
      await database.close();
      await registry.stop();
    },
  };
}

/** Takes an event and counts it; of the application, `notifications/` does it in steps. */
export async function applyEvent(db: Database, indexer: Indexer, event: CatalogEvent): Promise<void> {
  const use = await indexer.handleEvent(event);
  if (use === undefined) return;
  indexer.publishCounted(await db.transaction().execute((trx) => indexer.countUses(trx, [use])));
}

/** A client of an open registry. */
export function openClient(url: string, deadlines?: RegistryClientOptions['deadlines']): RegistryClient {
  const none = { ca: null, trust_any_ssl: false, basic_auth: null, username: null, password: null };
  return createRegistryClient({
    config: { registry: { url, host: '', port: 0, ...none } } as unknown as Pick<Config, 'registry'>,
    token: async () => undefined,
    log: createLogger('silent'),
    ...(deadlines === undefined ? {} : { deadlines }),
  });
}

/** Notes each request, and fails those that the test wants to fail. */
export function watched(client: RegistryReader, state: Pick<Catalog, 'asked' | 'failing'>): RegistryReader {
  const note = (kind: string, what: string): void => {
    state.asked.push(`${kind} ${what}`);
    if (state.failing.has(kind)) throw new Error(`${kind} fails`);
  };
  return {
    catalogPages: () => {
      note('catalog', '');
      return client.catalogPages();
    },
    tags: async (repository) => {
      note('tags', repository);
      return client.tags(repository);
    },
    headManifest: async (repository, reference) => {
      note('head', `${repository} ${reference}`);
      return client.headManifest(repository, reference);
    },
    getManifest: async (repository, reference) => {
      note('manifest', reference);
      return client.getManifest(repository, reference);
    },
    getBlob: async (repository, digest, maxBytes) => {
      note('blob', digest);
      return client.getBlob(repository, digest, maxBytes);
    },
  };
}
