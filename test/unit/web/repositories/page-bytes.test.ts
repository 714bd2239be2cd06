/** What a list of fifty rows weighs: what is said once a row is said fifty times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { readFilters } from '../../../../server/web/parts/list-filters.ts';
import { readQuery, repositoriesView } from '../../../../server/web/repositories/repositories.ts';
import { repositoryView } from '../../../../server/web/repositories/repository.ts';
import { readView } from '../../../../server/web/repositories/tag-views.ts';
import { renderPage, type TestPage, testPage } from '../../../support/app/render.ts';
import * as facts from '../../../support/data/browse-facts.ts';
import { headFor } from '../../../support/data/repository-head.ts';

const MAX_BYTES = 45_000;
const MAX_SENT_BYTES = 12_000;
const PEOPLE = ['ci', 'lin', 'omar', 'wei', 'anna.kovacs'];
const ends = { next: 'more', previous: undefined, total: 500, isExact: true };

const digestOf = (row: number) => `sha256:${(row * 7919 + 1).toString(16).padStart(8, '0').repeat(8)}`;
const rows = <Row>(make: (row: number) => Row) => Array.from({ length: 50 }, (_, row) => make(row));

/** No two rows say the same, as in a registry. */
const changing = (row: number) => ({
  lastPushedAt: facts.NOW - row * row * 421_234,
  lastPulledAt: facts.NOW - row * 180_777,
  lastPushedBy: PEOPLE[row % PEOPLE.length] ?? null,
  pullCount: row * 1311,
  sizeBytes: 1.9e9 / (row + 1),
  uniqueBytes: 1e9 / (row + 1),
});

function repositories(page: TestPage, entries: Parameters<typeof repositoriesView>[0]['found']['rows']) {
  const facets = { platforms: ['linux/amd64', 'linux/arm64'], kinds: ['helm', 'index'] };
  const found = { ...ends, rows: entries };
  const asked = readQuery(page);
  const host = 'registry.example.com';
  return repositoriesView({ page, host, found, facets, asked, open: null, undo: null, index: facts.UP });
}

function tags(page: TestPage, found: Parameters<typeof repositoryView>[0]['found']['rows']) {
  return repositoryView({
    ...{ page, repository: facts.repositoryRow(), head: headFor(page), referrers: 3 },
    found: { ...ends, rows: found },
    asked: { sort: 'pushed', direction: 'desc', after: '', filters: readFilters(page), view: readView(page) },
  });
}

const changingTag = (row: number) => {
  const { lastPushedAt: pushedAt, lastPushedBy: pushedBy, ...rest } = changing(row);
  return { ...rest, pushedAt, pushedBy, digest: digestOf(row) };
};

const lists: readonly (readonly [string, string, Record<string, string>, (page: TestPage) => object])[] = [
  [
    'repositories',
    'repositories/repositories',
    {},
    (page) => {
      const named = (row: number) => ({ name: `platform/service-${row}-api`, newestTag: `v4.${row}.1` });
      return repositories(
        page,
        rows((row) => ({
          repository: facts.repositoryRow({ ...changing(row), ...named(row), newestDigest: digestOf(row) }),
        })),
      );
    },
  ],
  [
    'folders',
    'repositories/repositories',
    { view: 'folders' },
    (page) =>
      repositories(
        page,
        rows((row) => ({ folder: facts.folderRow({ ...changing(row), path: `team-${row}`, name: `team-${row}` }) })),
      ),
  ],
  [
    'images with two tags',
    'repositories/repository',
    {},
    (page) =>
      tags(
        page,
        rows((row) => facts.tagGroup([`v4.${row}.1`, `v4.${row}`], changingTag(row))),
      ),
  ],
  [
    'single tags',
    'repositories/repository',
    { view: 'flat' },
    (page) =>
      tags(
        page,
        rows((row) => ({
          ...facts.tagRow(`v4.${row}.1`),
          ...{ kind: 'image' as const, mediaType: 'm', artifactType: null, platforms: ['linux/amd64'] },
          ...{ createdAt: null, attachments: [], error: null, ...changingTag(row) },
        })),
      ),
  ],
];

for (const [name, view, query, model] of lists) {
  test(`fifty rows of ${name} take less than 45 kB, and 12 kB on their way`, async () => {
    const page = testPage({ query });
    const html = await renderPage(page, view, model(page));
    assert.ok(Buffer.byteLength(html) < MAX_BYTES, `${Buffer.byteLength(html)} bytes`);
    const gzip = gzipSync(html, { level: 1 }).length;
    const brotli = brotliCompressSync(html, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }).length;
    assert.ok(gzip < MAX_SENT_BYTES && brotli < MAX_SENT_BYTES, `${gzip} and ${brotli} bytes`);
  });
}
