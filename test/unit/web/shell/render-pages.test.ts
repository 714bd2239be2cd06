import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RepositoryPage } from '../../../../server/catalog/lists/repositories.ts';
import { eventsView, refusalsView } from '../../../../server/web/activity/events.ts';
import { sufficientRoles } from '../../../../server/web/activity/grant-choices.ts';
import { grantRefusedView } from '../../../../server/web/activity/grant-refused.ts';
import { homeView } from '../../../../server/web/home/home.ts';
import { deleteTagView } from '../../../../server/web/housekeeping/delete-tag.ts';
import { imageView } from '../../../../server/web/image/image-view.ts';
import { statusView } from '../../../../server/web/operations/status.ts';
import { readFilters } from '../../../../server/web/parts/list-filters.ts';
import { repositoriesView } from '../../../../server/web/repositories/repositories.ts';
import { repositoryView } from '../../../../server/web/repositories/repository.ts';
import { readView } from '../../../../server/web/repositories/tag-views.ts';
import { ADMIN, NOBODY, READER, renderPage, type TestPage, testPage } from '../../../support/app/render.ts';
import * as facts from '../../../support/data/browse-facts.ts';
import { HOSTILE, UP } from '../../../support/data/browse-facts.ts';
import { activityDays, found, homeFacts } from '../../../support/data/home-facts.ts';
import { crawling, statusFacts } from '../../../support/data/operations-facts.ts';
import { headFor } from '../../../support/data/repository-head.ts';
import { spaceSums } from '../../../support/data/space-facts.ts';

const host = 'registry.example.com';
const order = { sort: 'pushed', direction: 'desc', after: '' } as const;
const ends = { next: undefined, previous: undefined, isExact: true };
const oneRow = (overrides = {}) => ({ ...ends, rows: [facts.repositoryRow(overrides)], total: 1 });
const NONE = { ...ends, rows: [], total: 0 };
const FACETS = { platforms: ['linux/amd64'], kinds: ['helm', 'index'] };

const list = (page: TestPage, found: RepositoryPage, index = UP, byFolder = false) =>
  repositoriesView({
    ...{ page, host, open: null, undo: null, index, facets: FACETS },
    found: { ...found, rows: found.rows.map((repository) => ({ repository })) },
    asked: { ...order, filters: readFilters(page), folder: '', byFolder },
  });

const tags = (page: TestPage, group = facts.tagGroup(['v1', 'latest']), readonly = false) =>
  repositoryView({
    ...{ page, repository: facts.repositoryRow(), head: headFor(page, { readonly }), referrers: 2 },
    found: { ...ends, rows: [group], next: 'more', total: 1 },
    asked: { ...order, filters: readFilters(page), view: readView(page) },
  });

const image = (page: TestPage, detail = facts.imageDetail(), deleteNote = '') =>
  imageView({ page, host, tag: 'v4.12.1', detail, notices: [], deleteNote });

const plan = (page: TestPage, overrides = {}, readonly = false) =>
  deleteTagView({ page, plan: facts.deletionPlan(overrides), readonly, errors: {}, alsoManifest: false });

const role = (name: string, repository: string, can: object) => ({
  ...{ id: name.length, name, description: '', kind: 'rules' as const, builtin: false },
  rules: [{ id: 1, repository, address: '*', canPull: true, canPush: false, canDelete: false, position: 0, ...can }],
});

function assertEscaped(html: string): void {
  assert.ok(!html.includes('<script>alert'), 'a script element came through');
  assert.ok(!html.includes('<img src=x'), 'an element came through');
  assert.ok(!/"[^"<>]*" onerror=/.test(html), 'an attribute was left');
  assert.match(html, /&lt;script&gt;/);
}

function fullHome(names: Parameters<typeof oneRow>[0] = {}) {
  const recent = oneRow(names);
  const [row] = recent.rows;
  if (row === undefined) throw new Error('There is one row');
  const findings = homeFacts().findings;
  const lists = { stalest: [found(row.name)], fastest: [found(row.name)] };
  return homeFacts({
    ...{ recent, biggest: recent.rows, mine: [{ row, isStarred: true }] },
    sparks: new Map([[row.id, activityDays()]]),
    findings: findings && { ...findings, ...lists },
  });
}

for (const locale of ['en', 'zh-CN'] as const) {
  test(`draws every page full (${locale})`, async () => {
    const page = testPage({ locale });
    const event = { rows: [{ events: [facts.registryEvent()], isCut: false }], next: undefined };
    const pages: readonly (readonly [string, object, RegExp])[] = [
      ['home/home', homeView(page, fullHome()), /api-gateway/],
      ['repositories/repositories', list(page, oneRow()), /platform\/<\/span><b>api-gateway/],
      ['repositories/repository', tags(page), /docker pull registry\.example\.com\/platform\/api-gateway:v4\.12\.1/],
      ['image/image', image(page), /apt-get install/],
      ['housekeeping/delete-tag', plan(page), /name="manifest"/],
      ['activity/events', eventsView(page, event), /10\.4\.0\.17/],
      ['activity/events-refused', refusalsView(page, [facts.refusal()], undefined), /\/web\/events\/refused\/7\/grant/],
      ['activity/grant-refused', grantRefusedView(page, facts.refusal(), { rules: [], roles: [] }, {}), /\/web\/roles/],
      ['operations/status', statusView(page, statusFacts()), /3\.1\.1/],
    ];
    for (const [view, model, expected] of pages) assert.match(await renderPage(page, view, model), expected, view);
  });
}

test('an empty registry shows the three docker lines with its own name', async () => {
  const page = testPage();
  const html = await renderPage(page, 'repositories/repositories', list(page, NONE));
  assert.match(html, /docker login -u lin registry\.example\.com/);
  assert.match(html, /docker push registry\.example\.com\/hello-world/);
  const home = homeView(page, homeFacts({ total: spaceSums({ repositoryCount: 0 }) }));
  assert.match(await renderPage(page, 'home/home', home), /docker tag hello-world registry\.example\.com/);
});

test('who was granted nothing learns whom to ask, not that the registry is empty', async () => {
  const page = testPage({ rights: NOBODY });
  const html = await renderPage(page, 'repositories/repositories', list(page, NONE));
  assert.match(html, /lin has no roles yet/);
  assert.doesNotMatch(html, /docker push/);
});

test('a filter without result keeps the filter and offers to clear it', async () => {
  const page = testPage({ query: { filter: 'nix' } });
  const html = await renderPage(page, 'repositories/repositories', list(page, NONE));
  assert.match(html, /value="nix"/);
  assert.match(html, /No repository matches/);
});

test('the first crawl shows its progress, a registry that is down the age of the list', async () => {
  const page = testPage();
  const begun = crawling({ repositoriesDone: 30, repositoriesTotal: 120 });
  assert.match(await renderPage(page, 'repositories/repositories', list(page, NONE, begun)), /value="25"/);
  const down = { ...UP, reachable: false };
  assert.match(
    await renderPage(page, 'repositories/repositories', list(page, oneRow(), down)),
    /does not answer\. Showing data from/,
  );
});

test('who may not delete sees the button greyed and the missing right named', async () => {
  const page = testPage({ rights: READER });
  const html = await renderPage(page, 'repositories/repository', tags(page));
  assert.match(html, /the “delete” permission on platform\/api-gateway/);
  assert.match(html, /aria-disabled="true"/);
  assert.doesNotMatch(html, /-\/delete"/);
  const form = await renderPage(page, 'housekeeping/delete-tag', plan(page));
  assert.match(form, /<button class="btn btn-destroy" disabled/);
  assert.match(
    await renderPage(page, 'image/image', image(page, facts.imageDetail(), 'No right')),
    /disabled aria-describedby/,
  );
});

test('a read-only registry is named as the reason', async () => {
  const page = testPage({ rights: ADMIN });
  assert.match(
    await renderPage(page, 'repositories/repository', tags(page, facts.tagGroup(['v1']), true)),
    /registry\.readonly: true/,
  );
});

test('the manifest is offered only with the last tag', async () => {
  const page = testPage();
  const others = plan(page, { siblings: ['latest'], lastTag: false, canDeleteManifest: false });
  const html = await renderPage(page, 'housekeeping/delete-tag', others);
  assert.doesNotMatch(html, /name="manifest"/);
  assert.match(html, /latest/);
});

test('secret-looking values are folded away, and only http links are links', async () => {
  const page = testPage();
  const html = await renderPage(page, 'image/image', image(page));
  assert.match(html, /<details class="masked">.*hunter2/s);
  assert.match(html, /href="https:\/\/git\.example\.com[^"]*" rel="noopener noreferrer nofollow"/);
  const detail = facts.imageDetail({ annotations: { home: 'javascript:alert(1)' } });
  assert.doesNotMatch(await renderPage(page, 'image/image', image(page, detail)), /href="javascript:/);
});

test('a missing manifest, configuration or child is said, and the page still opens', async () => {
  const page = testPage();
  const problems = (['manifest', 'config', 'child', 'unreachable'] as const).map((what) => ({
    ...{ what, digest: facts.digestOf('b'), message: 'x' },
  }));
  const detail = facts.imageDetail({ content: undefined, raw: null, problems, platforms: [], mediaType: '' });
  for (const tab of ['configuration', 'dockerfile', 'referrers', 'manifest']) {
    const html = await renderPage(page, 'image/image', image(testPage({ query: { tab } }), detail));
    assert.match(html, /sha256:bbbbbbbb is missing in the registry/);
  }
});

test('hostile texts are escaped everywhere', async () => {
  const page = testPage({ query: { filter: HOSTILE, user: HOSTILE, repository: HOSTILE, action: HOSTILE } });
  const names = { name: HOSTILE, newestTag: HOSTILE, lastPushedBy: HOSTILE, platforms: [HOSTILE], error: HOSTILE };
  const group = facts.tagGroup([HOSTILE], { platforms: [HOSTILE], pushedBy: HOSTILE, error: HOSTILE });
  const layer = { instruction: 'RUN', text: HOSTILE, createdAt: null, comment: HOSTILE, isEmpty: false };
  const base = facts.imageDetail();
  const content = base.content && {
    ...base.content,
    dockerfile: [{ ...layer, layer: 0, sizeBytes: 1 }],
    annotations: { [HOSTILE]: HOSTILE },
    config: base.content.config && {
      ...base.content.config,
      config: { ...base.content.config.config, env: [HOSTILE], labels: { [HOSTILE]: HOSTILE }, user: HOSTILE },
    },
  };
  const detail = facts.imageDetail({ content, raw: HOSTILE, mediaType: HOSTILE, tags: [facts.tagRow(HOSTILE)] });
  const event = {
    action: HOSTILE,
    repository: HOSTILE,
    tag: HOSTILE,
    actor: HOSTILE,
    userAgent: HOSTILE,
    address: HOSTILE,
  };
  const hostileRun = { events: [facts.registryEvent(event), facts.registryEvent(event)], isCut: true };
  const refused = facts.refusal({ subject: HOSTILE, repository: HOSTILE, client: HOSTILE, missing: [HOSTILE] });
  const status = statusFacts();
  const down = { ...status, registry: { ...status.registry, reachable: false, error: HOSTILE, url: HOSTILE } };
  const pages: readonly (readonly [string, object])[] = [
    ['home/home', homeView(page, fullHome(names))],
    ['repositories/repositories', list(page, oneRow(names))],
    ['repositories/repository', tags(page, group)],
    ['image/image', image(page, detail)],
    ['housekeeping/delete-tag', plan(page, { siblings: [HOSTILE], tag: HOSTILE, lastTag: false })],
    ['activity/events', eventsView(page, { rows: [hostileRun], next: undefined })],
    ['activity/events-refused', refusalsView(page, [refused], undefined)],
    ['activity/grant-refused', grantRefusedView(page, refused, { rules: [], roles: [role(HOSTILE, HOSTILE, {})] }, {})],
    ['operations/status', statusView(page, down)],
  ];
  for (const [view, model] of pages) assertEscaped(await renderPage(page, view, model));
});

test('proposes the roles that would allow what was missing, the least powerful first', () => {
  const push = { canPush: true };
  const roles = [
    role('write-all', '**', push),
    role('team', 'platform/*', push),
    role('readers', '**', {}),
    role('elsewhere', 'other/*', push),
  ];
  assert.deepEqual(
    sufficientRoles(roles, facts.refusal()).map(({ name }) => name),
    ['team', 'write-all'],
  );
});

test('members see no button to grant', async () => {
  const page = testPage({ rights: READER });
  assert.doesNotMatch(
    await renderPage(page, 'activity/events-refused', refusalsView(page, [facts.refusal()], undefined)),
    /\/grant"/,
  );
});
