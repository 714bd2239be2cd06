import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HomePageDeps, type HomeView, homePage, homeView } from '../../../../server/web/home/home.ts';
import type { HomeFacts } from '../../../../server/web/home/home-facts.ts';
import { homeFigures } from '../../../../server/web/home/home-figures.ts';
import { healthLines, loginLines } from '../../../../server/web/home/home-registry.ts';
import type { Page, SharedModel } from '../../../../server/web/shell/page.ts';
import { NOBODY, renderPage, testPage } from '../../../support/app/render.ts';
import { repositoryRow, UP } from '../../../support/data/browse-facts.ts';
import { activityDays, homeFacts } from '../../../support/data/home-facts.ts';
import { crawling, registryFacts } from '../../../support/data/operations-facts.ts';
import { spaceSums } from '../../../support/data/space-facts.ts';

const page = testPage();
const DAY_MS = 24 * 3600_000;
const row = repositoryRow();
const full = (more: Partial<HomeFacts> = {}) =>
  homeFacts({ recent: { ...homeFacts().recent, rows: [row], total: 1 }, biggest: [row], ...more });
const draw = (facts: HomeFacts, of = page) => renderPage(of, 'home/home', homeView(of, facts));

test('today stands beside the whole of the same weekday before', () => {
  const [pulls, pushes] = homeFigures(full(), page);
  assert.deepEqual([pulls?.value, pulls?.note], ['1,400', '700 last Friday']);
  assert.deepEqual([pushes?.value, pushes?.note], ['1', 'by 2 users and robot accounts']);
  const chinese = homeFigures(full(), testPage({ locale: 'zh-CN' }));
  assert.equal(chinese[0]?.note, '上周五：700');
});

test('space says how much came in a week and a month, as far as that is known', () => {
  const { at } = homeFacts();
  const sample = (days: number, sizeBytes: number) => ({
    ...{ dayAt: at - days * DAY_MS, sizeBytes, logicalBytes: 0 },
    ...{ repositoryCount: 1, tagCount: 1, uniqueBytes: 0, reclaimableBytes: 0 },
  });
  const total = spaceSums({ sizeBytes: 5_000_000 });
  const note = (samples: HomeFacts['samples']) => homeFigures(full({ total, samples }), page)[2]?.note;
  assert.equal(note([]), 'every layer counted once');
  assert.equal(note([sample(8, 7_000_000)]), '−2 MB in 7 days');
  assert.equal(note([sample(31, 1_000_000), sample(8, 5_000_000)]), '±0 B in 7 days · +4 MB in 30 days');
});

test('a page is shared only once the findings are there: they come without anything being written', async () => {
  const shared: SharedModel<HomeView>[] = [];
  const asked = { renderShared: (_: string, model: SharedModel<HomeView>) => void shared.push(model) };
  const get = (_: string, __: string, handle: (page: Page) => unknown) => handle(asked as unknown as Page);
  homePage({} as HomePageDeps)({ get } as never);
  const isKept = (facts: HomeFacts) => shared[0]?.isCacheable?.(homeView(page, facts));
  assert.deepEqual([isKept(full({ findings: undefined })), isKept(full())], [false, true]);
});

test('what is not worked out yet is said to be so, on a page that stands', async () => {
  const total = spaceSums({ summedAt: null });
  const html = await draw(full({ total, findings: undefined }));
  assert.equal((html.match(/>…</g) ?? []).length, 2);
  assert.match(html, /Checking repositories/);
  assert.match(html, /No data yet/);
});

test('stale images are counted since we watch', () => {
  const findings = { ...homeFacts().findings, isWatchedLongEnough: false } as HomeFacts['findings'];
  assert.match(homeFigures(full({ findings }), page)[3]?.note ?? '', /since tracking began on/);
});

test('where no events come, pulls and pushes are not said to be none', async () => {
  const index = { ...UP, polled: { listedAt: 1, isOurs: false } };
  const figures = homeFigures(full({ index }), page);
  assert.deepEqual(
    figures
      .map(({ value, note }) => [value, note].join(' '))
      .filter((text) => text === '– not reported by the registry'),
    Array(3).fill('– not reported by the registry'),
  );
  const html = await draw(full({ index }));
  assert.match(html, /id="card-stale"|card-stale/);
  assert.doesNotMatch(html, /No stale images|Last pull/);
});

test('an empty registry shows the first lines; who sees nothing is told whom to ask; the first crawl is no emptiness', async () => {
  assert.match(await draw(homeFacts()), /docker push registry\.example\.com\/hello-world/);
  const refused = await draw(homeFacts(), testPage({ rights: NOBODY }));
  assert.match(refused, /has no roles yet/);
  assert.doesNotMatch(refused, /docker push/);
  const index = crawling({ repositoriesDone: 3, repositoriesTotal: 12 });
  assert.match(await draw(homeFacts({ index })), /3 of 12 repositories/);
});

test('what is mine is there only if there is something', async () => {
  assert.doesNotMatch(await draw(full()), /card-mine/);
  const html = await draw(full({ mine: [{ row, isStarred: true }], sparks: new Map([[row.id, activityDays()]]) }));
  assert.match(html, /card-mine/);
  assert.match(html, /aria-label="Starred by you"/);
});

test('health names what is known, and a registry that is down', () => {
  const lines = healthLines(
    full({ index: { ...UP, reachable: false }, registry: registryFacts({ isReadonly: true }) }),
    page,
  );
  assert.deepEqual([lines[0]?.value, lines[0]?.tone], ['not reachable', 'bad']);
  assert.equal(lines.at(-1)?.value, 'disabled: read-only');
});

test('login lines carry what plain HTTP needs', () => {
  const { reach } = homeFacts().firstRun;
  const commands = (transport: typeof reach.transport) =>
    loginLines({ ...reach, transport }, page).map((line) => line.command);
  assert.deepEqual(commands('http'), [
    'docker login -u lin registry.example.com',
    'podman login --tls-verify=false -u lin registry.example.com',
    'helm registry login --plain-http -u lin registry.example.com',
    'oras login --plain-http -u lin registry.example.com',
  ]);
  assert.equal(commands('https')[1], 'podman login -u lin registry.example.com');
});
