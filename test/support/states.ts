/**
 * Every state that a page can be in beside "all is well", and how to bring it about: over the real server with pages
 * whose stores answer from memory. One web serves all of them, one after the other.
 */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { createChanges } from '../../server/catalog/changes.ts';
import type { RepositoryRow } from '../../server/catalog/repositories.ts';
import { EVERYTHING } from '../../server/catalog/visibility.ts';
import { AppError } from '../../server/errors.ts';
import { createLogger } from '../../server/log.ts';
import { createNewsDesk } from '../../server/news.ts';
import type { IndexState } from '../../server/web/browse/notices.ts';
import { createLive } from '../../server/web/live.ts';
import { deleteTagPage } from '../../server/web/pages/delete-tag.ts';
import { repositoriesPage } from '../../server/web/pages/repositories.ts';
import type { PageModule } from '../../server/web/routes.ts';
import * as facts from './browse-facts.ts';
import { NO_WORDS } from './repository-head.ts';
import { startWeb } from './web.ts';

/** What the stores answer now; a state changes it, and the next one begins anew. */
interface World {
  rows: readonly RepositoryRow[];
  index: IndexState;
  readonly: boolean;
}

export interface StateContext {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly web: StateWeb;
}

export interface State {
  readonly name: string;
  readonly path: string;
  /** Default: the admin. */
  readonly as?: 'admin' | 'member' | 'stranger';
  /** Of the answer to `path`. Default: 200. */
  readonly status?: number;
  /** How the world is before the page is opened. */
  readonly world?: Partial<World>;
  /** What happens once it is open. */
  readonly prepare?: (state: StateContext) => Promise<void>;
  /** What then stands there, in English. */
  readonly shows: RegExp;
}

const TAG = 'platform/api-gateway:v4.12.1';
const DELETE = `/repositories/${TAG}/-/delete`;
const PEOPLE = { admin: 'first-admin-password', member: 'member-password-1' } as const;
const crawl = { done: 4200, total: 10_000, perSecond: 310, remainingMs: 19_000 };

export const STATES: readonly State[] = [
  { name: 'missing', path: '/no-such-page', status: 404, shows: /Not found/ },
  { name: 'hidden', path: '/repositories/secret/app', as: 'member', status: 404, shows: /Not found/ },
  { name: 'denied', path: '/users', as: 'member', status: 403, shows: /can give you the right: admin/ },
  { name: 'registry-down', path: '/-state/upstream', status: 502, shows: /The registry did not answer[\s\S]*Id/ },
  { name: 'busy', path: '/-state/busy', status: 503, shows: /Not at this moment/ },
  { name: 'too-many', path: '/-state/too-many', status: 429, shows: /Not at this moment/ },
  { name: 'broken', path: '/-state/broken', status: 500, shows: /Something went wrong[\s\S]*Id/ },
  { name: 'refused', path: '/-state/refused', status: 400, shows: /This did not work/ },
  { name: 'stale', path: '/repositories', world: { index: { ...facts.UP, reachable: false } }, shows: /api-gateway/ },
  {
    name: 'never-reached',
    path: '/repositories',
    world: { rows: [], index: { ...facts.UP, reachable: false, lastAnswerAt: null, complete: false } },
    shows: /not/,
  },
  {
    name: 'crawling',
    path: '/repositories',
    world: { index: { ...facts.UP, complete: false, crawl } },
    shows: /4,200/,
  },
  {
    name: 'crawl-interrupted',
    path: '/repositories',
    world: { index: { ...facts.UP, complete: false, crawl: { ...crawl, isInterrupted: true } } },
    shows: /4,200/,
  },
  { name: 'empty', path: '/repositories', world: { rows: [] }, shows: /docker push/ },
  { name: 'no-result', path: '/repositories?filter=nothing', world: { rows: [] }, shows: /Clear/ },
  {
    name: 'no-right',
    path: '/repositories',
    as: 'member',
    world: { rows: [] },
    shows: /right|role/i,
  },
  { name: 'read-only', path: DELETE, world: { readonly: true }, shows: /read-only/ },
  {
    name: 'deletion-disabled',
    path: DELETE,
    shows: /storage\.delete\.enabled/,
    prepare: async ({ page }) => {
      await page.locator('main form button').last().click();
      await page.getByText('storage.delete.enabled').waitFor();
    },
  },
  { name: 'sign-in', path: '/login', as: 'stranger', shows: /Sign in/ },
  {
    name: 'session-ended',
    path: '/users',
    shows: /Your session has ended/,
    prepare: async ({ page, web }) => {
      await web.db.deleteFrom('sessions').execute();
      await page.reload();
    },
  },
  {
    name: 'form-undone',
    path: '/roles/-/new',
    shows: /this was not done/,
    prepare: async ({ page, web }) => {
      await page.getByLabel('Name', { exact: true }).fill('late');
      await web.db.deleteFrom('sessions').execute();
      await page.locator('main form button').last().click();
      await page.getByText('this was not done').waitFor();
    },
  },
  {
    name: 'session-ended-here',
    path: '/repositories',
    shows: /Your session has ended/,
    prepare: async ({ page, web }) => {
      await web.db.deleteFrom('sessions').execute();
      web.news.tell({ kind: 'audit', action: 'session.end' });
      await page.getByText('Your session has ended.').waitFor();
    },
  },
  {
    name: 'offline',
    path: '/repositories',
    shows: /No connection/,
    prepare: async ({ page, context }) => {
      await context.setOffline(true);
      await page.getByText('No connection.').waitFor();
    },
  },
  {
    name: 'news-waiting',
    path: '/repositories',
    shows: /New: show it/,
    prepare: async ({ page, web }) => {
      await page.locator('main a').first().focus();
      web.changes.emit('platform/api-gateway');
      await page.getByRole('button', { name: 'New: show it' }).waitFor();
    },
  },
  {
    name: 'navigation-folded',
    path: '/repositories',
    shows: /Repositories/,
    prepare: async ({ page }) => {
      await page.getByRole('button', { name: 'Fold navigation', exact: true }).click();
      await page.locator('body.is-folded').waitFor();
    },
  },
  {
    name: 'keyboard-map',
    path: '/repositories',
    shows: /Next row/,
    prepare: async ({ page }) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    },
  },
];

/** @returns the server that all states live in. */
export async function startStates() {
  const world: World = { rows: [], index: facts.UP, readonly: false };
  const [changes, news] = [createChanges(), createNewsDesk()];
  let sessions: { isAlive: (sid: string) => Promise<boolean> } | undefined;
  const live = createLive({
    ...{ changes, news, log: createLogger('silent'), now: Date.now, gatherMs: 5 },
    visibility: { of: async () => EVERYTHING },
    rightsOf: async (subject) => ({ subject, isAdmin: true, isAuditor: true, rules: [] }),
    visibleNames: async (_, names) => names,
    accessVersion: async () => 1,
    isSessionAlive: async (sid) => (await sessions?.isAlive(sid)) ?? true,
  });
  const web = await startWeb({ pages: [live.pages, failures, ...browsePages(world)] });
  sessions = web.sessions;
  await web.users.add({
    username: 'member',
    passwordHash: await web.hasher.hash(PEOPLE.member),
    mustChangePassword: false,
    roleIds: [],
    by: 'test',
  });
  return {
    ...web,
    changes,
    news,
    set(changed: Partial<World> = {}): void {
      Object.assign(world, { rows: [facts.repositoryRow()], index: facts.UP, readonly: false }, changed);
    },
    async stop(): Promise<void> {
      live.endAll();
      await web.stop();
    },
  };
}
export type StateWeb = Awaited<ReturnType<typeof startStates>>;

/** Opens a state in a window of its own; close its context afterwards. @returns also the status of its page. */
export async function openState(
  browser: Browser,
  web: StateWeb,
  { path, as = 'admin', world, prepare }: State,
  options: BrowserContextOptions = {},
): Promise<StateContext & { readonly status: number }> {
  web.set(world);
  // Without motion: colours that are still on their way would be measured.
  const context = await browser.newContext({ locale: 'en', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  if (as !== 'stranger') await signIn(page, web, as);
  const status = (await page.goto(`${web.url}${path}`))?.status() ?? 0;
  await prepare?.({ page, context, web });
  return { page, context, web, status };
}

async function signIn(page: Page, web: StateWeb, username: keyof typeof PEOPLE): Promise<void> {
  await page.goto(`${web.url}/login?next=/keyboard`);
  await page.fill('input[name=username]', username);
  await page.fill('input[name=password]', PEOPLE[username]);
  await page.press('input[name=password]', 'Enter');
  await page.waitForURL(`${web.url}/keyboard`);
}

const failures: PageModule = (routes) => {
  const failing = {
    upstream: () => {
      const params = { address: 'http://registry:5000', seconds: 5 };
      return new AppError('UPSTREAM', 'The registry did not answer.', { key: 'registrySlow', params });
    },
    busy: () => Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' }),
    'too-many': () => new AppError('TOO_MANY', 'Too many requests.', { retryAfterSeconds: 5 }),
    broken: () => new TypeError('nobody expected this'),
    refused: () => Object.assign(new Error('bad'), { status: 400 }),
  };
  for (const [name, make] of Object.entries(failing)) {
    routes.get(`/-state/${name}`, 'signed-in', () => {
      throw make();
    });
  }
};

function browsePages(world: World): readonly PageModule[] {
  const ends = { next: undefined, previous: undefined, isExact: true };
  const deps = {
    ...{ ...NO_WORDS, host: 'registry.example.com' },
    visibility: { of: async () => EVERYTHING },
    indexState: () => world.index,
    get readonly() {
      return world.readonly;
    },
    repositories: {
      list: async () => ({ ...ends, rows: world.rows, total: world.rows.length }),
      contents: async () => ({
        ...ends,
        rows: world.rows.map((repository) => ({ repository })),
        total: world.rows.length,
      }),
      facets: async () => ({ platforms: ['linux/amd64'], kinds: ['index' as const] }),
      find: async (_: unknown, name: string) => world.rows.find((row) => row.name === name),
      total: async () => world.rows.length,
    },
    tags: {
      groups: async () => ({ ...ends, rows: [facts.tagGroup(['v4.12.1', 'latest'])], total: 1 }),
      flat: async () => ({ ...ends, rows: [], total: 0 }),
    },
    deletion: {
      plan: async () => facts.deletionPlan(),
      deleteTag: async (): Promise<never> => {
        throw new AppError('CONFLICT', 'Deletion is off.', {
          key: 'registryDeletionOff',
          params: { address: 'http://registry:5000' },
        });
      },
      restore: async (): Promise<never> => {
        throw new AppError('NOT_FOUND', 'Gone.', { key: 'trashUnknown' });
      },
      trash: { get: async () => undefined, list: async () => [] },
    },
  };
  return [repositoriesPage(deps), deleteTagPage(deps)];
}
