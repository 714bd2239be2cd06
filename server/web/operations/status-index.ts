/** Progress of the index and scheduled jobs, for /status. */

import type { CrawlProgress } from '../../catalog/sync/crawl.ts';
import type { JobState } from '../../jobs/scheduler.ts';
import { rounded } from '../parts/notices.ts';
import type { Page } from '../shell/page.ts';

type Shown = Pick<Page, 't' | 'format' | 'url' | 'viewer'>;

export interface IndexView {
  readonly text: string;
  /** 0 to 100; null when no crawl runs or the total is not known yet. */
  readonly percent: number | null;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly startedAt: number | null;
  /** Address of the form that starts a crawl; '' where the viewer may not, or one runs. */
  readonly action: string;
}

export interface JobCells {
  readonly name: string;
  readonly schedule: string;
  readonly lastAt: number | null;
  readonly took: string;
  readonly tone: 'accent' | 'plain' | 'red';
  readonly result: string;
  /** Why the last run failed; '' when it did not. */
  readonly error: string;
  readonly nextAt: number | null;
}

/** @param crawl undefined: there was none yet. */
export function indexView(page: Shown, crawl: CrawlProgress | undefined): IndexView {
  const { t, url, viewer } = page;
  const action = viewer.rights.isAdmin && crawl?.isRunning !== true ? url('/status/crawl') : '';
  if (crawl === undefined) {
    return { text: t('operations:status.index.idle'), percent: null, facts: [], startedAt: null, action };
  }
  const { repositoriesDone: done, repositoriesTotal: total, finishedAt, startedAt } = crawl;
  const percent = total ? Math.min(100, Math.round((done / total) * 100)) : null;
  return {
    ...{ text: sentence(page, crawl), facts: factsOf(page, crawl), startedAt, action },
    percent: finishedAt === null ? percent : null,
  };
}

function sentence({ t, format }: Shown, crawl: CrawlProgress): string {
  const { repositoriesDone: done, repositoriesTotal: total, finishedAt, isRunning } = crawl;
  if (finishedAt !== null) return t('operations:status.index.idle');
  const values = { done: format.number(done), total: format.number(total ?? done) };
  if (!isRunning) return t('operations:status.index.interrupted', values);
  return total === null ? t('operations:status.index.listing') : t('operations:status.index.running', values);
}

function factsOf(page: Shown, crawl: CrawlProgress): IndexView['facts'] {
  const { t, format } = page;
  const { repositoriesTotal: total } = crawl;
  const done = format.number(crawl.repositoriesDone);
  const ofTotal = t('operations:status.index.of', { done, total: format.number(total ?? 0) });
  const rows: (readonly [label: string, value: string | null])[] = [
    [t('operations:status.index.reason'), reasonText(page, crawl.reason)],
    [t('operations:status.index.source'), sourceText(page, crawl)],
    [t('operations:status.index.repositories'), total === null ? done : ofTotal],
    [t('operations:status.index.tags'), format.number(crawl.tagsDone)],
    [t('operations:status.index.failures'), crawl.failures === 0 ? null : format.number(crawl.failures)],
    [t('operations:status.index.took'), crawl.elapsedMs ? format.duration(crawl.elapsedMs) : null],
    [t('operations:status.index.speed'), speedText(page, crawl)],
    [t('operations:status.index.remaining'), crawl.remainingMs ? format.duration(crawl.remainingMs) : null],
    [t('operations:status.index.at_once'), crawl.concurrency ? format.number(crawl.concurrency) : null],
  ];
  return rows.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

/** @returns null when the index was read from the registry, the normal case. */
function sourceText({ t }: Shown, { source, sourceProblem }: CrawlProgress): string | null {
  if (sourceProblem) return t(`errors:${sourceProblem.key}`, sourceProblem.params);
  return source === 'disk' ? t('operations:status.index.disk') : null;
}

/** The current speed while a crawl runs, the average afterwards. */
function speedText({ t, format }: Shown, crawl: CrawlProgress): string | null {
  const { isRunning, elapsedMs, repositoriesDone, tagsDone, repositoriesPerSecond, tagsPerSecond } = crawl;
  const seconds = elapsedMs / 1000;
  const isOverall = !isRunning && seconds >= 1;
  const repositories = isOverall ? repositoriesDone / seconds : repositoriesPerSecond;
  const tags = isOverall ? tagsDone / seconds : tagsPerSecond;
  if (repositories === null) return null;
  return t('operations:status.index.speed_value', {
    repositories: format.number(rounded(repositories)),
    tags: format.number(rounded(tags ?? 0)),
  });
}

function reasonText({ t }: Shown, reason: string): string | null {
  const texts: Readonly<Record<string, string>> = {
    start: t('operations:status.reason.start'),
    gap: t('operations:status.reason.gap'),
    instance: t('operations:status.reason.instance'),
    schedule: t('operations:status.reason.schedule'),
    asked: t('operations:status.reason.asked'),
    retry: t('operations:status.reason.retry'),
    accepted: t('operations:status.reason.accepted'),
  };
  return texts[reason] ?? null;
}

export function jobCells(page: Shown, job: JobState): JobCells {
  const { t, format } = page;
  return {
    name: jobName(page, job.name),
    schedule: job.schedule ?? t('operations:status.jobs.off'),
    lastAt: job.lastStartedAt,
    took: job.lastDurationMs === null ? '' : format.duration(job.lastDurationMs),
    ...jobResult(page, job),
    error: job.lastError ?? '',
    nextAt: job.nextAt,
  };
}

function jobResult({ t }: Shown, job: JobState): Pick<JobCells, 'tone' | 'result'> {
  if (job.isRunning) return { tone: 'plain', result: t('operations:status.jobs.running') };
  if (job.lastStartedAt === null) return { tone: 'plain', result: t('operations:status.jobs.never') };
  return job.lastError === null
    ? { tone: 'accent', result: t('operations:status.jobs.ok') }
    : { tone: 'red', result: t('operations:status.jobs.failed') };
}

function jobName({ t }: Shown, name: string): string {
  const texts: Readonly<Record<string, string>> = {
    crawl: t('operations:status.jobs.crawl'),
    retry: t('operations:status.jobs.retry'),
    hold: t('operations:status.jobs.hold'),
    discover: t('operations:status.jobs.discover'),
    vanished: t('operations:status.jobs.vanished'),
    verify: t('operations:status.jobs.verify'),
    untagged: t('operations:status.jobs.untagged'),
    'account-upkeep': t('operations:status.jobs.account_upkeep'),
    retention: t('operations:status.jobs.retention'),
    visibility: t('operations:status.jobs.visibility'),
    'space-sums': t('operations:status.jobs.sums'),
    'space-sample': t('operations:status.jobs.samples'),
    'events-prune': t('operations:status.jobs.events'),
    'activity-prune': t('operations:status.jobs.activity'),
    'status-checks': t('operations:status.jobs.status_checks'),
  };
  return texts[name] ?? t('operations:status.jobs.other', { name });
}
