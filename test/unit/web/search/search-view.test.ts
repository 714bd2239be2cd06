import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '../../../../server/catalog/search/query.ts';
import { searchView } from '../../../../server/web/search/search-view.ts';
import { renderPage, testPage } from '../../../support/app/render.ts';
import { digestOf } from '../../../support/data/browse-facts.ts';

const hit = (key: string, value: string) => ({
  ...{ repository: 'team/app', digest: digestOf('a'), tag: 'v1', tagCount: 1, state: 'tagged' as const },
  ...{ kind: 'image' as const, sizeBytes: 9, platforms: [], createdAt: null, pushedAt: null, pushedBy: null },
  ...{ pushConfirmed: false, lastPulledAt: null, pullCount: 0, label: { key, value } },
});

test('a label that looks like a secret is found without its value', async () => {
  const page = testPage({ query: { q: 'label:api_token' } });
  const none = { next: undefined, total: undefined, searchedTo: undefined };
  const view = searchView(page, 'label:api_token', '', {
    query: parseQuery('label:api_token'),
    jump: null,
    repositories: { ...none, rows: [] },
    images: { ...none, rows: [hit('api_token', 'hunter2'), hit('note', 'ghp_hunter2'), hit('team', 'core')] },
  });
  assert.deepEqual(
    view.images?.rows.map(({ label }) => label),
    ['api_token=•••', 'note=•••', 'team=core'],
  );
  const html = await renderPage(page, 'search/search', { ...view, commands: [], age: null });
  assert.match(html, /team=core/);
  assert.doesNotMatch(html, /hunter2/);
});
