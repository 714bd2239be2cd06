import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { EVERYTHING } from '../../server/catalog/visibility.ts';
import { deleteTagPage } from '../../server/web/pages/delete-tag.ts';
import { imagePage } from '../../server/web/pages/image.ts';
import { repositoriesPage } from '../../server/web/pages/repositories.ts';
import * as facts from '../support/browse-facts.ts';
import { NO_WORDS } from '../support/repository-head.ts';
import { startWeb, type TestWeb } from '../support/web.ts';

const deleted: object[] = [];
let web: TestWeb;
let browser: Browser;

/** The pages over stores that answer from memory: what is tested here is the walk, not the index. */
function pages() {
  const ends = { next: undefined, previous: undefined, isExact: true };
  const row = facts.repositoryRow();
  const group = facts.tagGroup(['v4.12.1', 'latest']);
  const deps = {
    ...{ ...NO_WORDS, host: 'registry.example.com', readonly: false, indexState: () => facts.UP },
    visibility: { of: async () => EVERYTHING },
    repositories: {
      list: async () => ({ ...ends, rows: [row], total: 1 }),
      contents: async () => ({ ...ends, rows: [{ repository: row }], total: 1 }),
      facets: async () => ({ platforms: ['linux/amd64'], kinds: ['index'] }),
      find: async (_: unknown, name: string) => (name === row.name ? row : undefined),
      total: async () => 1,
    },
    tags: {
      groups: async () => ({ ...ends, rows: [group], total: 1 }),
      flat: async () => ({ ...ends, rows: [], total: 0 }),
      resolve: async () => facts.tagRow('v4.12.1'),
      tagsOf: async () => [],
      countReferrers: async () => 0,
    },
    images: {
      detail: async () => facts.imageDetail(),
      holders: async () => undefined,
      partsOf: async () => new Map(),
      newestTags: async () => [],
    },
    documents: { read: async () => [], glance: async () => new Map() },
    deletion: {
      plan: async () => facts.deletionPlan(),
      deleteTag: async (request: object) => {
        deleted.push(request);
        return { manifestDeleted: true, pushedAgain: false, trashId: 5 };
      },
      restore: async () => ({ repository: row.name, digest: facts.digestOf('a'), tags: ['v4.12.1'], taken: [] }),
      trash: { get: async () => trashed(row.name), list: async () => [] },
    },
  };
  return [repositoriesPage(deps), deleteTagPage(deps), imagePage(deps)];
}

function trashed(repository: string) {
  const item = { id: 5, repository, digest: facts.digestOf('a'), mediaType: '', sizeBytes: 1, tags: ['v4.12.1'] };
  return { ...item, deletedAt: 0, deletedBy: 'admin', restoredAt: undefined, raw: Buffer.alloc(0) };
}

before(async () => {
  web = await startWeb({ pages: pages() });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

test('finds, opens, deletes and restores an image without JavaScript', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en' });
  const page = await context.newPage();
  await page.goto(`${web.url}/login?next=/repositories`);
  await page.fill('input[name=username]', 'admin');
  await page.fill('input[name=password]', 'first-admin-password');
  await page.press('input[name=password]', 'Enter');
  await page.getByRole('link', { name: 'platform/api-gateway' }).click();
  await page.getByRole('link', { name: 'v4.12.1' }).first().click();
  assert.equal(new URL(page.url()).pathname, '/repositories/platform/api-gateway:v4.12.1');
  await page.getByRole('link', { name: 'Dockerfile' }).click();
  assert.match((await page.getByRole('main').textContent()) ?? '', /apt-get install/);
  await page.getByRole('link', { name: 'Delete tag…' }).click();
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Delete v4.12.1' }).click();
  const wanted = { tag: 'v4.12.1', digest: facts.digestOf('a'), alsoManifest: true, actor: 'admin' };
  for (const [key, value] of Object.entries(wanted)) assert.equal(Reflect.get(deleted[0] ?? {}, key), value, key);
  assert.match((await page.getByRole('main').textContent()) ?? '', /was deleted/);
  await page.getByRole('button', { name: 'Undo' }).click();
  assert.match((await page.getByRole('main').textContent()) ?? '', /Restored in platform\/api-gateway: v4\.12\.1/);
  await context.close();
});

test('the raw manifest is saved, never shown', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${web.url}/login`);
  await page.fill('input[name=username]', 'admin');
  await page.fill('input[name=password]', 'first-admin-password');
  await page.press('input[name=password]', 'Enter');
  const path = `/repositories/platform/api-gateway@${facts.digestOf('a')}/-/manifest`;
  const response = await context.request.get(web.url + path);
  assert.equal(response.status(), 200);
  assert.match(response.headers()['content-disposition'] ?? '', /^attachment/);
  assert.match(response.headers()['content-security-policy'] ?? '', /sandbox/);
  assert.equal((await context.request.get(`${web.url}/repositories/platform/other`)).status(), 404);
  await context.close();
});
