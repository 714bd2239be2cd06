/** What the installation tells of itself: all is well, nothing runs. */
import type { CrawlProgress } from '../../../server/catalog/sync/crawl.ts';
import type { IndexState, StatusFacts } from '../../../server/operations/facts.ts';
import type { JudgedRegistry } from '../../../server/operations/operations.ts';
import { NOW, UP } from './browse-facts.ts';

const MINUTE = 60_000;
const REALM = 'https://web.example.com/api/auth';

export function registryFacts(more: Partial<JudgedRegistry> = {}): JudgedRegistry {
  return {
    ...{ mode: 'configured', address: 'http://registry:5000', publicName: 'registry.example.com' },
    ...{ reachable: true, lastAnswerAt: NOW - 20_000, error: null, failure: undefined, version: '3.1.1' },
    ...{ isReadonly: false, isOpen: false },
    ...more,
  };
}

/** One that ended ten minutes ago and found nothing. */
export function crawlProgress(more: Partial<CrawlProgress> = {}): CrawlProgress {
  return {
    ...{ reason: 'start', startedAt: NOW - 11 * MINUTE, finishedAt: NOW - 10 * MINUTE, isRunning: false },
    ...{ repositoriesTotal: null, repositoriesDone: 0, tagsDone: 0, failures: 0, elapsedMs: MINUTE },
    ...{ error: null, failure: null, isFull: true, source: 'registry', sourceProblem: null },
    ...{ repositoriesPerSecond: null, tagsPerSecond: null, remainingMs: null, concurrency: null },
    ...more,
  };
}

/** While the first crawl runs, or waits to be continued. */
export function crawling(more: Partial<CrawlProgress> = {}): IndexState {
  return { ...UP, isComplete: false, crawl: crawlProgress({ finishedAt: null, isRunning: true, ...more }) };
}

export function statusFacts(): StatusFacts {
  return {
    now: NOW,
    registry: {
      ...registryFacts(),
      ...{ reachable: true, demandsToken: true, demandsPassword: false, line: 3, clockDifferenceMs: 300 },
      ...{ deletionEnabled: true, trustsAnyCertificate: false },
      challenge: { scheme: 'Bearer', realm: REALM, service: 'registry.example.com' },
    },
    auth: {
      ...{ enabled: true, service: 'registry.example.com', issuer: 'registry-web', realm: REALM },
      ...{ cameBy: null, publicUrl: null, headerMode: 'x5c', certificateExpiresAt: NOW + 365 * 86_400_000 },
      ...{ hasCertificate: true, certificateFile: null, keyFile: null, accepted: true, refusal: null },
      ...{ realmReachable: true, realmError: null, realmFailure: null },
    },
    notifications: {
      ...{ endpoint: 'https://web.example.com/api/notification', hasSecret: true, lastInstance: null, lagMs: 20 },
      ...{ lastAt: NOW - MINUTE, lastVerifiedAt: NOW - MINUTE, refusedAt: null, lastPushTokenAt: null },
      ...{ waiting: 0, quarantined: 0 },
    },
    database: {
      ...{ engine: 'sqlite', synchronous: 'FULL' },
      storage: {
        ...{ trouble: null, since: null, error: null, freeBytes: 5e9, freeInodes: 1e6 },
        ...{ fileBytes: 2e6, walBytes: 1e6, checkedAt: 5 },
      },
    },
    index: { isComplete: true, hold: undefined, crawl: crawlProgress(), polled: undefined },
    jobs: [],
  };
}
