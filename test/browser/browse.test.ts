import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { createDeletionUseCases } from '../../server/housekeeping/use-cases/deletion.ts';
import { deleteTagPage } from '../../server/web/housekeeping/delete-tag.ts';
import { trashPage } from '../../server/web/housekeeping/trash.ts';
import { imagePage } from '../../server/web/image/image.ts';
import { repositoriesPage } from '../../server/web/repositories/repositories.ts';
import { startWeb, type TestWeb } from '../support/app/web.ts';
import { launch, signIn, skip } from '../support/browser/browser.ts';
import * as facts from '../support/data/browse-facts.ts';
import { memoryBrowse } from '../support/data/memory-browse.ts';

const deleted: object[] = [];
let web: TestWeb;
let browser: Browser;

/** The pages over stores that answer from memory: what is tested here is the walk, not the index. */
function pages() {
  const row = facts.repositoryRow();
  const deletion = {
    plan: async () => facts.deletionPlan(),
    deleteTag: async (request: object) => {
      deleted.push(request);
      return { manifestDeleted: true, manifests: [], pushedAgain: false, trashId: 5 };
    },
    deleteSelection: () => assert.fail('nothing is chosen here'),
    restore: async () => ({ repository: row.name, digest: facts.digestOf('a'), tags: ['v4.12.1'], taken: [] }),
    trash: {
      get: async () => trashed(row.name),
      list: async () => [],
      batchOf: async () => [trashed(row.name)],
      keepMs: 0,
      count: noTrash,
      page: noRows,
    },
  };
  const audit = { record: async () => undefined };
  const deleting = createDeletionUseCases({ deletion, isReadonly: false, audit });
  const deps = { ...memoryBrowse(() => [row]), deletion, deleting };
  return [repositoriesPage(deps), deleteTagPage(deps), trashPage(deps), imagePage(deps)];
}

const noTrash = async () => ({ total: 0, isExact: true });
const noRows = async () => ({ rows: [], next: undefined, previous: undefined, total: 0, isExact: true });

function trashed(repository: string) {
  const item = { id: 5, repository, digest: facts.digestOf('a'), mediaType: '', sizeBytes: 1, tags: ['v4.12.1'] };
  const content = { kind: 'image', contentBytes: 1, unrestorableAt: undefined } as const;
  return { ...item, ...content, deletedAt: 0, deletedBy: 'admin', restoredAt: undefined, raw: Buffer.alloc(0) };
}

before(async () => {
  if (skip !== false) return;
  web = await startWeb({ pages: pages() });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await web?.stop();
});

test('finds, opens, deletes and restores an image without JavaScript', { skip }, async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en' });
  const page = await context.newPage();
  await signIn(page, web.url, { next: '/repositories' });
  await page.getByRole('link', { name: 'platform/api-gateway' }).click();
  await page.getByRole('link', { name: 'v4.12.1' }).first().click();
  await page.waitForURL(({ pathname }) => pathname === '/repositories/platform/api-gateway:v4.12.1');
  await page.getByRole('link', { name: 'Dockerfile' }).click();
  await page.getByRole('main').getByText('apt-get install').filter({ visible: true }).first().waitFor();
  await page.getByRole('link', { name: 'Delete tag…' }).click();
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Delete v4.12.1' }).click();
  await page.getByRole('main').getByText('Deleted tag').waitFor();
  const wanted = { tag: 'v4.12.1', digest: facts.digestOf('a'), alsoManifest: true, actor: 'admin' };
  for (const [key, value] of Object.entries(wanted)) assert.equal(Reflect.get(deleted[0] ?? {}, key), value, key);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('main').getByText('Restored in platform/api-gateway: v4.12.1').waitFor();
  await context.close();
});

test('the raw manifest is saved, never shown', { skip }, async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  await signIn(await context.newPage(), web.url);
  const path = `/repositories/platform/api-gateway@${facts.digestOf('a')}/-/manifest`;
  const response = await context.request.get(web.url + path);
  assert.equal(response.status(), 200);
  assert.match(response.headers()['content-disposition'] ?? '', /^attachment/);
  assert.match(response.headers()['content-security-policy'] ?? '', /sandbox/);
  assert.equal((await context.request.get(`${web.url}/repositories/platform/other`)).status(), 404);
  await context.close();
});
