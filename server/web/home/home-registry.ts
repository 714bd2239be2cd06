import { unfinishedCrawl } from '../parts/notices.ts';
import type { RegistryReach } from '../parts/reach.ts';
import type { Page } from '../shell/page.ts';
import type { HomeFacts, HomePageParts } from './home-facts.ts';

export interface HealthLine {
  readonly label: string;
  readonly value: string;
  readonly tone: 'good' | 'bad' | null;
}

type HealthFacts = Pick<HomeFacts, 'index' | 'registry' | 'total'>;

/** The state of the registry and how current the index is. */
export function healthLines(facts: HealthFacts, page: Pick<Page, 't' | 'format'>): readonly HealthLine[] {
  const { t, format } = page;
  const { index, registry, total } = facts;
  const plain = (label: string, value: string): HealthLine => ({ label, value, tone: null });
  return [
    healthOf(facts, t),
    ...(registry.version ? [plain(t('home:health.version'), registry.version)] : []),
    plain(
      t('home:health.answer'),
      index.lastAnswerAt === null ? t('home:health.no_answer') : format.relative(index.lastAnswerAt),
    ),
    plain(t('home:health.index'), crawlText(index, page)),
    plain(t('home:health.holds'), holdsText(total, page)),
    plain(
      t('home:health.deleting'),
      registry.isReadonly ? t('home:health.deleting_off') : t('home:health.deleting_on'),
    ),
  ];
}

function healthOf({ index, registry }: HealthFacts, t: Page['t']): HealthLine {
  const label = t('home:health.state');
  if (!index.reachable) return { label, value: t('home:health.unreachable'), tone: 'bad' };
  if (registry.isOpen) return { label, value: t('shell:registry.open'), tone: 'bad' };
  return { label, value: t('home:health.reachable'), tone: 'good' };
}

function crawlText(index: HealthFacts['index'], { t, format }: Pick<Page, 't' | 'format'>): string {
  const crawl = unfinishedCrawl(index);
  if (crawl === undefined) return index.isComplete ? t('home:health.complete') : t('home:health.waiting');
  const done = format.number(crawl.repositoriesDone);
  if (crawl.repositoriesTotal === null) return t('home:health.listing', { done });
  return t('home:health.crawling', { done, total: format.number(crawl.repositoriesTotal) });
}

function holdsText(total: HealthFacts['total'], { t, format }: Pick<Page, 't' | 'format'>): string {
  const repositories = t('home:health.repositories', {
    count: total.repositoryCount,
    formatted: format.number(total.repositoryCount),
  });
  if (total.summedAt === null) return repositories;
  const tags = t('home:health.tags', { count: total.tagCount, formatted: format.number(total.tagCount) });
  return t('home:health.both', { repositories, tags });
}

/** The login command of each client. */
export function loginLines(
  { host, transport }: RegistryReach,
  { viewer }: Pick<HomePageParts, 'viewer'>,
): readonly { readonly label: string; readonly command: string }[] {
  const user = viewer.isSignedIn ? `-u ${viewer.subject.name} ` : '';
  const plain = (flag: string) => (transport === 'http' ? `${flag} ` : '');
  return [
    { label: 'docker', command: `docker login ${user}${host}` },
    { label: 'podman', command: `podman login ${plain('--tls-verify=false')}${user}${host}` },
    { label: 'helm', command: `helm registry login ${plain('--plain-http')}${user}${host}` },
    { label: 'oras', command: `oras login ${plain('--plain-http')}${user}${host}` },
  ];
}
