/** The pages and everything they read. */
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRepositoryAccess } from '../access/repository-access.ts';
import { readRepositorySummary } from '../catalog/images/repository-summary.ts';
import type { RepositoryStore } from '../catalog/lists/repositories.ts';
import { createLabelKeys } from '../catalog/search/label-keys.ts';
import { previewMatches } from '../catalog/visibility/preview.ts';
import { factsOfTags } from '../catalog/visibility/tag-facts.ts';
import { EVERYTHING, type VisibilityStore } from '../catalog/visibility/visibility.ts';
import { visibleNames } from '../catalog/visibility/visible-repositories.ts';
import { isManagedRegistry, publicBaseUrl, registryHost, tokenRealm } from '../config/public-url.ts';
import type { LoadStatusFacts } from '../operations/facts.ts';
import type { Operations } from '../operations/operations.ts';
import { dataVersion } from '../storage/data-version.ts';
import { eventsPage } from '../web/activity/events.ts';
import { eventsAsidePage } from '../web/activity/events-aside.ts';
import { grantRefusedPage } from '../web/activity/grant-refused.ts';
import { apiDocsPage } from '../web/api-docs/api-docs.ts';
import type { ApiDocument } from '../web/api-docs/api-document.ts';
import { homePage } from '../web/home/home.ts';
import { deleteTagPage } from '../web/housekeeping/delete-tag.ts';
import { selectionPage } from '../web/housekeeping/selection.ts';
import { trashPage } from '../web/housekeeping/trash.ts';
import { comparePage } from '../web/image/compare.ts';
import { imagePage } from '../web/image/image.ts';
import { createLive, type Live } from '../web/live/live.ts';
import { connectPage, type TestEvent } from '../web/operations/connect.ts';
import type { ConnectSettings } from '../web/operations/connect-view.ts';
import { helpPage } from '../web/operations/help.ts';
import { statusPage } from '../web/operations/status.ts';
import type { FirstRunFacts } from '../web/parts/first-run.ts';
import { registryReach } from '../web/parts/reach.ts';
import { publicPage } from '../web/repositories/public.ts';
import { refreshPage } from '../web/repositories/refresh.ts';
import { repositoriesPage } from '../web/repositories/repositories.ts';
import { repositorySpacePage } from '../web/repositories/repository-space.ts';
import { repositoryTabsPage } from '../web/repositories/repository-tabs.ts';
import { searchPage } from '../web/search/search.ts';
import type { RegistryState } from '../web/shell/page.ts';
import { createPlaceholders } from '../web/shell/placeholders.ts';
import type { PageModule } from '../web/shell/routes.ts';
import { createSharedPages } from '../web/shell/shared-pages.ts';
import type { Viewer } from '../web/shell/viewer.ts';
import { spacePage } from '../web/space/space.ts';
import { createWeb, type Web } from '../web/web.ts';
import type { AppOptions, Core } from './core.ts';
import type { RegistrySide } from './registry.ts';
import type { Stores } from './stores.ts';
import type { TokenSide } from './token.ts';
import type { UseCases } from './use-cases.ts';

/** Suggested names on a 404 page. */
const MAX_NEAR = 5;

export interface WebSideOptions extends AppOptions {
  readonly core: Core;
  readonly token: TokenSide;
  readonly registry: RegistrySide;
  readonly operations: Operations;
  readonly stores: Stores;
  readonly useCases: UseCases;
}

export interface WebSideWithApi extends WebSideOptions {
  /** The API document for its page; a function, because the API is built later. */
  readonly apiDocument: () => ApiDocument;
}

export async function createWebSide(options: WebSideWithApi): Promise<Web & { readonly live: Live }> {
  const { config, root, core, token, registry, operations, stores, useCases, opened, log, now, cacheViews } = options;
  const { db } = opened;
  const { visibility } = registry.index;
  const { repositories, search, stars } = stores;
  const readonly = registry.isReadonly;
  const matchesOf = (pattern: string) => previewMatches(db, pattern);
  const browse = {
    ...stores,
    ...useCases,
    host: registryHost(config),
    readonly,
    visibility,
    space: registry.index.space,
    deletion: registry.deletion,
    activity: registry.activity,
    readRepositorySummary: (repository: { id: number; newestDigest: string | null }) =>
      readRepositorySummary(db, repository, core.reader),
    ...{ operations, indexState: operations.indexState, opened: registry.opened },
    granting: useCases.accounts.grants,
  };
  const firstRun = { reach: registryReach(config), realm: tokenRealm(config) };
  const placeholders = createPlaceholders();
  const sharedPages = createSharedPages({ placeholders, version: () => shownVersion(options) });
  const live = createLive({
    visibility,
    sharedPages,
    rightsOf: core.access.rightsOf,
    visibleNames: (seen, names) => visibleNames(db, seen, names),
    ...{ bus: core.bus, opened: registry.opened },
    accessVersion: core.access.version,
    isSessionAlive: core.sessions.isAlive,
    now,
    log,
  });
  const web = createWeb({
    ...core,
    ...{ config, root, log, now, cacheViews, previewMatches: matchesOf },
    ...{ useCases: useCases.accounts, stars, refusals: token.refusals, events: registry.events },
    tokenLifetimeSeconds: config.registry.auth.lifetime,
    sessionStore: core.sessions.store,
    pages: [
      homePage({
        ...{ ...browse, now },
        findings: registry.index.findings,
        firstRun,
      }),
      repositoriesPage({ ...browse, firstRun }),
      repositoryTabsPage({ ...browse, ...core, repositoryAccess: createRepositoryAccess(db), events: registry.events }),
      ...(config.registry.auth.enabled ? [publicPage(browse)] : []),
      deleteTagPage(browse),
      selectionPage(browse),
      trashPage(browse),
      imagePage(browse),
      comparePage(browse),
      eventsPage({ visibility, events: registry.events, refusals: token.refusals }),
      eventsAsidePage({ aside: registry.aside }),
      spacePage({ ...browse, now }),
      repositorySpacePage({ ...browse, now }),
      grantRefusedPage({ ...browse, ...core, refusals: token.refusals, previewMatches: matchesOf }),
      ...connectPages(options, { statusFacts: operations.status, repositories, firstRun }),
      helpPage({ docs: join(root, 'docs'), ...firstRun }),
      statusPage({ ...useCases, statusFacts: operations.status }),
      refreshPage({ ...useCases, log }),
      apiDocsPage({ document: options.apiDocument }),
      searchPage({
        ...{ search, visibility, repositories, readonly, users: core.users, indexState: browse.indexState },
        labelKeys: createLabelKeys({ db }),
        tagFacts: (seen, repository, tags) => factsOfTags(db, seen, repository, tags),
      }),
      live.pages,
    ],
    counts: async (viewer, address) => ({
      ...(await navCounts(options, visibility, repositories, viewer, address)),
      ...(operations.failedCheckCount() > 0 && { status: operations.failedCheckCount() }),
    }),
    registryState: () => registryState(operations),
    storageError: opened.storage.error,
    sharedPages: { pages: sharedPages, placeholders },
    near: async (viewer, address, asked) => search.near(await visibility.of(viewer.rights, address), asked, MAX_NEAR),
  });
  return { ...web, live };
}

/** Different after everything that was written, and after whatever else pages say. */
async function shownVersion({ opened, operations }: WebSideOptions): Promise<string> {
  const index = operations.indexState();
  const beside = [
    // The last answer is told only of a registry that is away.
    { ...index, lastAnswerAt: index.reachable ? null : index.lastAnswerAt },
    ...[registryState(operations), operations.failedCheckCount(), opened.storage.error()?.key],
  ];
  return `${await dataVersion(opened.db)} ${JSON.stringify(beside)}`;
}

// A registry sends events within a second; after a failure it waits for its backoff.
const EVENT_WAIT_MS = 8000;
const EVENT_POLL_MS = 200;

interface ConnectParts {
  readonly statusFacts: LoadStatusFacts;
  readonly repositories: Pick<RepositoryStore, 'list'>;
  readonly firstRun: FirstRunFacts;
}

/** Without sign-in the registry needs no trust in our tokens. */
function connectPages(
  { config, core, token, registry }: WebSideOptions,
  { statusFacts, repositories, firstRun }: ConnectParts,
): readonly PageModule[] {
  const { keys, client } = token;
  if (keys === undefined) return [];
  const settings = (cameBy: string): ConnectSettings => ({
    realm: tokenRealm(config, cameBy),
    service: config.registry.auth.service,
    issuer: config.registry.auth.issuer,
    algorithms: [...new Set(keys.signingKeys().map(({ algorithm }) => algorithm))],
    caPem: keys.caPem(),
    jwks: `${JSON.stringify(keys.jwks(), null, 2)}\n`,
    canDelete: !registry.isReadonly,
    secret: registry.notificationSecret,
    proposedSecret: createHmac('sha256', core.secret).update('proposed notification secret').digest('base64url'),
    publicUrl: publicBaseUrl(config, cameBy),
    innerUrl: `${config.registry.setup.own_url}${config.server.base_path}`,
    isOurs: isManagedRegistry(config),
  });
  const triggerEvent = async (): Promise<TestEvent> => {
    const { rows } = await repositories.list(EVERYTHING, { sort: 'pushed', direction: 'desc', limit: 1 });
    const [row] = rows;
    const { lastReceivedAt: before } = await registry.events.arrivals();
    if (!row?.newestTag || (await client.getManifest(row.name, row.newestTag)) === undefined) return 'nothing';
    for (let waited = 0; waited < EVENT_WAIT_MS; waited += EVENT_POLL_MS) {
      await sleep(EVENT_POLL_MS);
      if ((await registry.events.arrivals()).lastReceivedAt !== before) return 'arrived';
    }
    return 'silent';
  };
  return [connectPage({ statusFacts, settings, triggerEvent, reach: firstRun.reach })];
}

async function navCounts(
  { core }: WebSideOptions,
  visibility: VisibilityStore,
  repositories: Pick<RepositoryStore, 'total'>,
  viewer: Viewer,
  address: string,
): Promise<Record<string, number>> {
  const seen = await visibility.of(viewer.rights, address);
  const counts = { repositories: await repositories.total(seen) };
  return viewer.rights.isAdmin ? { ...counts, users: await core.users.count() } : counts;
}

/** undefined: it was not asked yet. */
function registryState({ registry }: Operations): RegistryState | undefined {
  const { reachable, version, isOpen } = registry();
  return reachable === null ? undefined : { reachable, version, isOpen };
}
