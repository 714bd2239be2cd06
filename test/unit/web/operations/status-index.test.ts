import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CrawlProgress } from '../../../../server/catalog/sync/crawl.ts';
import type { JobState } from '../../../../server/jobs/scheduler.ts';
import type { StatusFacts } from '../../../../server/operations/facts.ts';
import { statusView } from '../../../../server/web/operations/status.ts';
import { indexNotices } from '../../../../server/web/parts/notices.ts';
import { READER, renderPage, testPage } from '../../../support/app/render.ts';
import { HOSTILE, NOW } from '../../../support/data/browse-facts.ts';
import { crawling, crawlProgress, statusFacts } from '../../../support/data/operations-facts.ts';

const MINUTE = 60_000;
const running: Partial<CrawlProgress> = {
  ...{ isRunning: true, repositoriesDone: 2500, repositoriesTotal: 10_000, finishedAt: null, startedAt: NOW - MINUTE },
  ...{ tagsDone: 31_000, elapsedMs: MINUTE, repositoriesPerSecond: 41.66, tagsPerSecond: 516.6 },
  ...{ remainingMs: 3 * MINUTE, concurrency: 17, failures: 3 },
};
const job: JobState = {
  ...{ name: 'crawl', schedule: '0 3 * * *', isRunning: false, lastStartedAt: NOW - MINUTE, lastDurationMs: 4200 },
  ...{ lastError: null, nextAt: NOW + MINUTE },
};

function withCrawl(crawl: Partial<CrawlProgress>, jobs: readonly JobState[] = [job]): StatusFacts {
  const facts = statusFacts();
  return { ...facts, jobs, index: { ...facts.index, crawl: crawlProgress(crawl) } };
}

for (const locale of ['en', 'zh-CN'] as const) {
  test(`a crawl shows how far it is, how fast, and how long it takes (${locale})`, async () => {
    const page = testPage({ locale });
    const html = await renderPage(page, 'operations/status', statusView(page, withCrawl(running)));
    for (const text of [
      'value="25"',
      '2,500',
      '10,000',
      '31,000',
      '42',
      '517',
      locale === 'en' ? '3 min' : '3 分钟',
      '17',
    ]) {
      assert.ok(html.includes(text), text);
    }
    assert.ok(!html.includes('action="/web/status/crawl"'), 'it runs already');
    assert.ok(!html.includes('status:'), 'every text has its words');
  });
}

test('where an index was read is told when it was the storage folder, or should have been', () => {
  const readFrom = (crawl: Partial<CrawlProgress>) =>
    statusView(testPage(), withCrawl({ ...running, ...crawl })).index.facts.find(({ label }) => label === 'Read from')
      ?.value;
  assert.equal(readFrom({}), undefined);
  assert.equal(readFrom({ source: 'disk' }), 'storage folder of the registry');
  const sourceProblem = { key: 'storageDiffers', params: { folder: '/srv/registry', repository: 'team/app' } };
  assert.match(readFrom({ sourceProblem }) ?? '', /\/srv\/registry and the registry differ in team\/app/);
});

test('an admin may ask for a crawl when none runs, others may not', () => {
  const facts = withCrawl({});
  assert.equal(statusView(testPage(), facts).index.action, '/web/status/crawl');
  assert.equal(statusView(testPage({ rights: READER }), facts).index.action, '');
});

test('an interrupted crawl says that it goes on', () => {
  const view = statusView(testPage(), withCrawl({ ...running, isRunning: false }));
  assert.match(view.index.text, /Interrupted at 2,500 of 10,000/);
  assert.equal(view.index.percent, 25);
});

test('before the end of the list is known nothing is promised', () => {
  const view = statusView(testPage(), withCrawl({ ...running, repositoriesTotal: null, remainingMs: null }));
  assert.equal(view.index.percent, null);
  assert.match(view.index.text, /list of repositories/);
});

test('a crawl that failed says why in the reader’s language', () => {
  const failure = { key: 'registrySlow', params: { address: 'http://registry:5000', seconds: 5 } };
  const crawl = { ...running, isRunning: false, finishedAt: NOW, error: 'English', failure };
  const checks = statusView(testPage({ locale: 'zh-CN' }), withCrawl(crawl)).checks;
  const text = checks.find((check) => check.id === 'crawl')?.text ?? '';
  assert.match(text, /http:\/\/registry:5000/);
  assert.doesNotMatch(text, /English|errors:/);
});

test('recurring work shows when it ran, what became of it and when it runs next', async () => {
  const page = testPage();
  const jobs: readonly JobState[] = [
    job,
    { ...job, name: 'retry', lastError: HOSTILE },
    { ...job, name: 'visibility', lastStartedAt: null, lastDurationMs: null },
    { ...job, name: 'space-sample', isRunning: true },
    { ...job, name: 'of-tomorrow', schedule: null, nextAt: null },
  ];
  const view = statusView(page, withCrawl({}, jobs));
  assert.deepEqual(
    view.jobs.map((cells) => cells.result),
    ['OK', 'failed', 'not yet', 'running', 'OK'],
  );
  assert.deepEqual(
    view.jobs.map((cells) => cells.schedule),
    ['0 3 * * *', '0 3 * * *', '0 3 * * *', '0 3 * * *', 'off'],
  );
  const html = await renderPage(page, 'operations/status', view);
  assert.ok(!html.includes('<script>alert'));
  assert.match(html, /4\.2 s/);
});

test('the first crawl tells on the lists how long it takes; later ones keep quiet', () => {
  const begun = crawling({
    ...{ repositoriesDone: 25, repositoriesTotal: 100, repositoriesPerSecond: 5, remainingMs: 15_000 },
  });
  const [notice] = indexNotices(begun, testPage());
  assert.match(notice?.text ?? '', /25 of 100.*5 repositories per second.*15 s/);
  assert.equal(notice?.percent, 25);
  const stopped = crawling({ repositoriesDone: 25, repositoriesTotal: 100, isRunning: false });
  const [interrupted] = indexNotices(stopped, testPage());
  assert.match(interrupted?.text ?? '', /interrupted/);
  assert.deepEqual(indexNotices({ ...begun, isComplete: true }, testPage()), []);
});
