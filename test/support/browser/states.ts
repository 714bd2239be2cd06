/**
 * Every state that a page can be in beside "all is well", and how to bring it about: over the real server with pages
 * whose stores answer from memory. One web serves all of them, one after the other.
 */

import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { RepositoryRow } from '../../../server/catalog/lists/repositories.ts';
import { AppError } from '../../../server/errors.ts';
import type { IndexState } from '../../../server/operations/facts.ts';
import { deleteTagPage } from '../../../server/web/housekeeping/delete-tag.ts';
import { createLive } from '../../../server/web/live/live.ts';
import { repositoriesPage } from '../../../server/web/repositories/repositories.ts';
import type { PageModule } from '../../../server/web/shell/routes.ts';
import { quietBus } from '../app/bus.ts';
import { liveDeps } from '../app/live.ts';
import { FIRST_PASSWORD, startWeb } from '../app/web.ts';
import * as facts from '../data/browse-facts.ts';
import { memoryBrowse } from '../data/memory-browse.ts';
import { crawling } from '../data/operations-facts.ts';
import { signIn } from './browser.ts';
import { type Problem, watchContext } from './page-check.ts';

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
  /** What can then be read there, in English: words that say what is the matter, not such as any page has. */
  readonly shows: RegExp;
}

const TAG = 'platform/api-gateway:v4.12.1';
const DELETE = `/repositories/${TAG}/-/delete`;
const PEOPLE = {
  admin: { username: 'admin', password: FIRST_PASSWORD },
  member: { username: 'member', password: 'member-password-1' },
} as const;
const crawl = { repositoriesDone: 4200, repositoriesTotal: 10_000, repositoriesPerSecond: 310, remainingMs: 19_000 };

export const STATES: readonly State[] = [
  { name: 'missing', path: '/no-such-page', status: 404, shows: /Not found/ },
  { name: 'hidden', path: '/repositories/secret/app', as: 'member', status: 404, shows: /Not found/ },
  { name: 'denied', path: '/users', as: 'member', status: 403, shows: /These users can grant you access: admin/ },
  { name: 'registry-down', path: '/-state/upstream', status: 502, shows: /The registry did not answer[\s\S]*ID/ },
  { name: 'busy', path: '/-state/busy', status: 503, shows: /Temporarily unavailable/ },
  { name: 'too-many', path: '/-state/too-many', status: 429, shows: /Temporarily unavailable/ },
  { name: 'broken', path: '/-state/broken', status: 500, shows: /Unexpected server error[\s\S]*ID/ },
  { name: 'refused', path: '/-state/refused', status: 400, shows: /Invalid request/ },
  {
    name: 'stale',
    path: '/repositories',
    world: { index: { ...facts.UP, reachable: false } },
    shows: /does not answer\. Showing data from/,
  },
  {
    name: 'never-reached',
    path: '/repositories',
    world: { rows: [], index: { ...facts.UP, reachable: false, lastAnswerAt: null, isComplete: false } },
    shows: /Showing last known data/,
  },
  {
    name: 'crawling',
    path: '/repositories',
    world: { index: crawling(crawl) },
    shows: /Indexing: 4,200 of 10,000/,
  },
  {
    name: 'crawl-interrupted',
    path: '/repositories',
    world: { index: crawling({ ...crawl, isRunning: false }) },
    shows: /was interrupted at 4,200 of 10,000/,
  },
  { name: 'empty', path: '/repositories', world: { rows: [] }, shows: /The registry is empty: push a first image/ },
  {
    name: 'no-result',
    path: '/repositories?filter=nothing',
    world: { rows: [] },
    shows: /No repository matches the filter/,
  },
  {
    name: 'no-right',
    path: '/repositories',
    as: 'member',
    world: { rows: [] },
    shows: /No repositories to show/,
  },
  {
    name: 'read-only',
    path: DELETE,
    world: { readonly: true },
    shows: /Deletion is disabled: Registry Web is read-only/,
  },
  {
    name: 'deletion-disabled',
    path: DELETE,
    shows: /storage\.delete\.enabled/,
    prepare: async ({ page }) => {
      await page.locator('main form button').last().click();
      await page.getByText('storage.delete.enabled').waitFor();
    },
  },
  { name: 'sign-in', path: '/login', as: 'stranger', shows: /Forgot your password\?/ },
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
    shows: /the action was not performed/,
    prepare: async ({ page, web }) => {
      await page.getByLabel('Name', { exact: true }).fill('late');
      await web.db.deleteFrom('sessions').execute();
      await page.locator('main form button').last().click();
      await page.getByText('the action was not performed').waitFor();
    },
  },
  {
    name: 'session-ended-here',
    path: '/repositories',
    shows: /Your session has ended/,
    prepare: async ({ page, web }) => {
      await web.db.deleteFrom('sessions').execute();
      web.bus.publish({ kind: 'audited', action: 'session.end' });
      await page.getByText('Your session has ended.').waitFor();
    },
  },
  {
    name: 'offline',
    path: '/repositories',
    shows: /Offline/,
    prepare: async ({ page, context }) => {
      await context.setOffline(true);
      await page.getByText('Offline.').waitFor();
    },
  },
  {
    name: 'news-waiting',
    path: '/repositories',
    shows: /Show new content/,
    prepare: async ({ page, web }) => {
      await page.locator('main a').first().focus();
      web.bus.publish({ kind: 'repository-changed', repository: 'platform/api-gateway' });
      await page.getByRole('button', { name: 'Show new content' }).waitFor();
    },
  },
  {
    name: 'navigation-folded',
    path: '/repositories',
    shows: /Expand sidebar/,
    prepare: async ({ page }) => {
      await page.getByRole('button', { name: 'Collapse sidebar', exact: true }).click();
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
  const bus = quietBus();
  let sessions: { isAlive: (sid: string) => Promise<boolean> } | undefined;
  const isSessionAlive = async (sid: string) => (await sessions?.isAlive(sid)) ?? true;
  const live = createLive(liveDeps({ bus, isSessionAlive }));
  const web = await startWeb({ pages: [live.pages, failures, ...browsePages(world)] });
  sessions = web.sessions;
  await web.users.add({
    username: PEOPLE.member.username,
    passwordHash: await web.hasher.hash(PEOPLE.member.password),
    mustChangePassword: false,
    roleIds: [],
    by: 'test',
  });
  return {
    ...web,
    bus,
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

export interface OpenedState extends StateContext {
  /** Of its page. */
  readonly status: number;
  /** Of its scripts, as they come. */
  readonly errors: readonly Problem[];
}

/** Opens a state in a window of its own, for `checkOpen`; close its context afterwards. */
export async function openState(
  browser: Browser,
  web: StateWeb,
  { path, as = 'admin', world, prepare }: State,
  options: BrowserContextOptions = {},
): Promise<OpenedState> {
  web.set(world);
  // Without motion: colours that are still on their way would be measured.
  const context = await browser.newContext({ locale: 'en', reducedMotion: 'reduce', ...options });
  const errors = await watchContext(context);
  const page = await context.newPage();
  if (as !== 'stranger') await signIn(page, web.url, { ...PEOPLE[as], next: '/keyboard' });
  const status = (await page.goto(`${web.url}${path}`))?.status() ?? 0;
  await prepare?.({ page, context, web });
  return { page, context, web, status, errors };
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
  const deps = {
    ...memoryBrowse(() => world.rows),
    indexState: () => world.index,
    opened: () => undefined,
    get readonly() {
      return world.readonly;
    },
    deletion: {
      plan: async () => facts.deletionPlan(),
      trash: { get: async () => undefined, list: async () => [], batchOf: async () => [] },
    },
    deleting: {
      deleteTag: async (): Promise<never> => {
        throw new AppError('CONFLICT', 'Deletion is off.', {
          key: 'registryDeletionOff',
          params: { address: 'http://registry:5000' },
        });
      },
    },
  };
  return [repositoriesPage(deps), deleteTagPage(deps)];
}
