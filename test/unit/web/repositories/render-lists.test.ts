import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FolderEntry } from '../../../../server/catalog/lists/repositories.ts';
import { filterValues, readFilters } from '../../../../server/web/parts/list-filters.ts';
import { type FoundEntries, readQuery, repositoriesView } from '../../../../server/web/repositories/repositories.ts';
import { type FoundTags, repositoryView } from '../../../../server/web/repositories/repository.ts';
import { readView } from '../../../../server/web/repositories/tag-views.ts';
import { READER, renderPage, type TestPage, testPage } from '../../../support/app/render.ts';
import * as facts from '../../../support/data/browse-facts.ts';
import { HOSTILE, UP } from '../../../support/data/browse-facts.ts';
import { headFor } from '../../../support/data/repository-head.ts';

const host = 'registry.example.com';
const ends = { next: undefined, previous: undefined, isExact: true };
const FACETS = { platforms: ['linux/amd64', 'linux/arm64'], kinds: ['helm', 'index'] };

function list(page: TestPage, rows: readonly FolderEntry[], found: Partial<FoundEntries> = {}) {
  const entries = { ...ends, rows, total: rows.length, ...found };
  const asked = readQuery(page);
  return repositoriesView({ page, host, found: entries, facets: FACETS, asked, open: null, undo: null, index: UP });
}

function tags(
  page: TestPage,
  rows: FoundTags['rows'],
  found: Partial<FoundTags> = {},
  sort: 'pushed' | 'size' = 'pushed',
) {
  const order = { sort, direction: 'desc', after: '' } as const;
  return repositoryView({
    ...{ page, repository: facts.repositoryRow(), head: headFor(page), referrers: 3 },
    found: { ...ends, rows, total: rows.length, ...found },
    asked: { ...order, filters: readFilters(page), view: readView(page) },
  });
}

const FLAT = {
  ...facts.tagRow('v1'),
  ...{
    kind: 'image' as const,
    mediaType: 'm',
    artifactType: null,
    sizeBytes: 9,
    platforms: [],
    createdAt: null,
    attachments: [],
  },
  error: null,
};

test('folders stand beside repositories, with what is below them', async () => {
  const page = testPage({ query: { view: 'folders' } });
  const rows = [{ folder: facts.folderRow() }, { repository: facts.repositoryRow({ name: 'hello-world' }) }];
  const html = await renderPage(page, 'repositories/repositories', list(page, rows));
  assert.match(html, /href="\/web\/here\?folder=platform%2Fedge"[^>]*>.*edge\//s);
  assert.match(html, /41 repositories/);
  assert.match(html, /aria-current="true">Folders</);
});

test('a folder whose sums are not made yet shows no zeros', async () => {
  const page = testPage({ query: { view: 'folders' } });
  const sums = { summedAt: null, tagCount: 0, pullCount: 0, sizeBytes: 0, lastPushedAt: null, lastPulledAt: null };
  const html = await renderPage(page, 'repositories/repositories', list(page, [{ folder: facts.folderRow(sums) }]));
  assert.match(html, /<td data-label="Tags"><td/);
});

test('inside of a folder its own name is not repeated', () => {
  const page = testPage({ query: { folder: 'platform' } });
  const [row] = list(page, [{ repository: facts.repositoryRow() }]).rows;
  assert.deepEqual([row?.folder, row?.leaf, row?.name], ['', 'api-gateway', 'platform/api-gateway']);
});

const FILTERED = { platform: 'linux/arm64', kind: 'helm', pushed: 'older-90d', size: 'over-1gb', pulled: 'never' };

test('each active filter is a chip that takes it off, and stays chosen in the form', async () => {
  const page = testPage({ query: { ...FILTERED, tags: 'none', sort: 'size' } });
  const view = list(page, []);
  for (const name of [...Object.keys(FILTERED), 'tags']) {
    const left = view.filter.chips.filter(({ href }) => !new URL(href, 'http://x').searchParams.has(name));
    assert.equal(left.length, 1, name);
  }
  const html = await renderPage(page, 'repositories/repositories', view);
  assert.match(html, /<option value="linux\/arm64" selected>/);
  assert.match(html, /Last push: more than 90 days ago ×/);
  assert.match(html, /value="never" checked/);
  assert.match(html, /<option value="size" selected>/);
  assert.match(html, /No repository matches the filter/);
});

test('filters become what the stores ask for', () => {
  const day = 86_400_000;
  const page = testPage({ query: { ...FILTERED, pushed: 'newer-7d', size: 'under-10mb' } });
  assert.deepEqual(filterValues(readFilters(page), 10 * day), {
    ...{ filter: '', platform: 'linux/arm64', kind: 'helm', neverPulled: true, isEmpty: false },
    ...{ pushedAfter: 3 * day, atMostBytes: 10e6 },
  });
});

const REFUSED = {
  pushed: 'older-0d',
  size: 'over-9zb',
  platform: "linux'--",
  kind: 'HELM',
  digest: 'sha256:1',
  tags: 'x',
};
for (const [name, value] of Object.entries(REFUSED)) {
  test(`the filter ${name}=${value} is none`, () => {
    const asked = readFilters(testPage({ query: { [name]: value } }));
    assert.equal(asked[name === 'tags' ? 'isEmpty' : (name as 'pushed')], name === 'tags' ? false : '');
  });
}

test('pages lead on and back, and a count that was broken off says so', async () => {
  const page = testPage({ query: { filter: 'a', after: 'here', from: '100' } });
  const rows = [{ repository: facts.repositoryRow() }];
  const found = { next: 'on', previous: 'back', total: 1000, isExact: false };
  const view = list(page, rows, found);
  assert.equal(view.pager.range, '101–101 of 1,000+');
  assert.match(view.pager.previous ?? '', /after=back&from=50/);
  assert.match(view.pager.next ?? '', /after=on&from=101/);
  assert.match(await renderPage(page, 'repositories/repositories', view), /aria-label="Previous page"/);
});

test('an image with very many tags links to the list of them', async () => {
  const page = testPage();
  const group = facts.tagGroup(['v3', 'v2'], { tagCount: 5000 });
  const html = await renderPage(page, 'repositories/repository', tags(page, [group]));
  assert.match(html, /href="[^"]*view=flat&amp;digest=sha256%3Aa{64}"[^>]*aria-label="4,998 more tags"/);
});

for (const [view, rows, expected] of [
  ['flat', [FLAT], /<a href="\.\/api-gateway:v1">v1</],
  ['untagged', [facts.tagGroup([])], /can be pulled by digest only/],
  ['referrer', [facts.tagGroup([], { kind: 'signature', isReferrer: true })], /signature/],
  ['untagged', [], /No untagged images/],
  ['referrer', [], /No signature or other attachment/],
] as const) {
  test(`draws ${view} with ${rows.length}`, async () => {
    const page = testPage({ query: { view }, rights: READER });
    const html = await renderPage(page, 'repositories/repository', tags(page, rows));
    assert.match(html, expected);
    assert.match(html, /aria-current="page">[^<]+ <span class="tab-count">/);
  });
}

test('attachments stand together under the image they are about', async () => {
  const attached = (about: string, char: string) =>
    facts.tagGroup([], { kind: 'signature', isReferrer: true, about, digest: facts.digestOf(char) });
  const elsewhere = facts.digestOf('f');
  const rows = [
    attached('v2', '1'),
    attached('v1', '2'),
    attached('v2', '3'),
    attached(elsewhere, '4'),
    attached('', '5'),
  ];
  const seen = (html: string) =>
    [...html.matchAll(/<tr class="subject-row">[\s\S]*?>([^<>]+)<\/(?:a|span)><tr>|title="sha256:(\d)+"/g)].map(
      ([, name, digit]) => name ?? digit,
    );
  const html = await renderPage(
    testPage(),
    'repositories/repository',
    tags(testPage({ query: { view: 'referrer' } }), rows),
  );
  assert.deepEqual(seen(html), ['v2', '1', '3', 'v1', '2', 'sha256:ffffffff', '4', '5']);
  assert.match(html, /<a class="chip chip-accent" href="\/web\/repositories\/platform\/api-gateway:v2">v2</);
  assert.doesNotMatch(html, /href="[^"]*@sha256:ffff/);
  const bySize = testPage({ query: { view: 'referrer' } });
  assert.deepEqual(seen(await renderPage(bySize, 'repositories/repository', tags(bySize, rows, {}, 'size'))), [
    '1',
    '2',
    '3',
    '4',
    '5',
  ]);
});

test('hostile texts stay texts in folders, choices, chips and tags', async () => {
  const page = testPage({ query: { filter: HOSTILE, folder: HOSTILE, view: 'flat', sort: HOSTILE } });
  const entries = [{ folder: facts.folderRow({ path: HOSTILE, name: HOSTILE }) }];
  const view = { ...list(page, entries) };
  const offered = repositoriesView({
    ...{ page, host, open: null, undo: null, index: UP, asked: readQuery(page) },
    found: { ...ends, rows: entries, total: 1 },
    facets: { platforms: [HOSTILE], kinds: [HOSTILE] },
  });
  const flat = { ...FLAT, name: HOSTILE, platforms: [HOSTILE], pushedBy: HOSTILE, error: HOSTILE };
  for (const [name, model] of [
    ['repositories/repositories', view],
    ['repositories/repositories', offered],
    ['repositories/repository', tags(page, [flat])],
  ] as const) {
    const html = await renderPage(page, name, model);
    assert.ok(!html.includes('<script>alert'), name);
    assert.ok(!html.includes('<img src=x'), name);
    assert.ok(!/"[^"<>]*" onerror=/.test(html), name);
  }
});

test('a full page stays below 60 kB compressed', async () => {
  const page = testPage();
  const names = Array.from({ length: 12 }, (_, tag) => `release-2026.11.${tag}-build.${tag * 7919}`);
  const groups = Array.from({ length: 50 }, (_, row) =>
    facts.tagGroup(
      names.map((name) => `${name}-${row * 31}`),
      { digest: facts.digestOf(String(row % 10)) },
    ),
  );
  const html = await renderPage(page, 'repositories/repository', tags(page, groups));
  assert.ok(gzipSync(html).length < 60_000, String(gzipSync(html).length));
});
