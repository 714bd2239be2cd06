/**
 * Judges the facts of /status. Pure: facts in, checks out. A check that fails carries the exact lines to change in the
 * registry's `config.yml` or in ours; its sentences are keys of `locales/<language>/operations.json`.
 */

import type { CrawlProgress } from '../catalog/sync/crawl.ts';
import { type Check, type CheckState, check, type Fix, type Found } from './check.ts';
import type { StatusFacts } from './facts.ts';
import { storageFolder, writeAheadLog } from './storage-checks.ts';
import { challenge, clock, demandsToken, expiry, realm, tokens, trust } from './token-checks.ts';

// The event of a push is sent at its end, and a push of large layers takes long.
const EVENT_DUE_MS = 15 * 60_000;
// For the first push ever: somebody is waiting, and a first image is small.
const FIRST_EVENT_DUE_MS = 60_000;

export function statusChecks(facts: StatusFacts): readonly Check[] {
  const checks = [reachable(facts)];
  if (facts.registry.trustsAnyCertificate) checks.push(trust());
  if (facts.auth.enabled)
    checks.push(demandsToken(facts), challenge(facts), realm(facts), tokens(facts), expiry(facts));
  checks.push(...content(facts));
  checks.push(deletion(facts), notifications(facts), clock(facts));
  checks.push(crawl(facts, checks), database(facts), ...storage(facts));
  return checks;
}

/** The worst state of all checks; `unknown` counts as `ok`. */
export function overallState(checks: readonly Check[]): CheckState {
  if (checks.some((check) => check.state === 'failed')) return 'failed';
  return checks.some((check) => check.state === 'warning') ? 'warning' : 'ok';
}

function reachable({ registry }: StatusFacts): Check {
  const params = { url: registry.address, version: registry.version ?? '', error: registry.error ?? '' };
  if (registry.reachable)
    return check(
      'reachable',
      'ok',
      registry.version === null ? 'operations:status.reachable.ok' : 'operations:status.reachable.version',
      {
        params,
      },
    );
  if (registry.mode === 'managed')
    return check('reachable', 'failed', 'operations:status.reachable.managed', { params });
  if (registry.failure === undefined)
    return check('reachable', 'failed', 'operations:status.reachable.refused', { params });
  return check('reachable', 'failed', `errors:${registry.failure.key}`, { params: registry.failure.params });
}

function deletion({ registry }: StatusFacts): Check {
  if (registry.isReadonly)
    return check('deletion', 'ok', 'operations:status.deletion.readonly', {
      fix: { file: 'ours', lines: 'registry:\n  readonly: false' },
    });
  if (registry.deletionEnabled === null) return check('deletion', 'unknown', 'operations:status.deletion.unknown');
  if (registry.deletionEnabled) return check('deletion', 'ok', 'operations:status.deletion.ok');
  return check('deletion', 'failed', 'operations:status.deletion.disabled', {
    fix: { file: 'registry', lines: 'storage:\n  delete:\n    enabled: true' },
  });
}

function notifications({ notifications: facts, now }: StatusFacts): Check {
  const fix: Fix = { file: 'registry', lines: endpointLines(facts) };
  if ((facts.refusedAt ?? 0) > (facts.lastAt ?? 0))
    return check('notifications', 'failed', 'operations:status.notifications.refused', { at: facts.refusedAt, fix });
  if (facts.quarantined > 0) {
    return check('notifications', 'warning', 'operations:status.notifications.quarantined', {
      params: { count: facts.quarantined },
      at: facts.lastAt,
    });
  }
  if (facts.lastAt === null) {
    // A push without an event proves that the endpoint is wrong. Before the first push, or while one may be running,
    // nothing is known.
    const pushed = facts.lastPushTokenAt !== null && now - facts.lastPushTokenAt > FIRST_EVENT_DUE_MS;
    return check(
      'notifications',
      pushed ? 'failed' : 'unknown',
      pushed ? 'operations:status.notifications.missing' : 'operations:status.notifications.never',
      { fix },
    );
  }
  if (
    facts.lastPushTokenAt !== null &&
    now - facts.lastPushTokenAt > EVENT_DUE_MS &&
    facts.lastPushTokenAt > facts.lastAt
  )
    return check('notifications', 'warning', 'operations:status.notifications.silent', { at: facts.lastAt, fix });
  if (facts.lastVerifiedAt === facts.lastAt) {
    const instance = facts.lastInstance ?? '';
    const key = instance === '' ? 'operations:status.notifications.ok' : 'operations:status.notifications.from';
    return check('notifications', 'ok', key, { at: facts.lastAt, params: { instance } });
  }
  if (facts.hasSecret)
    return check('notifications', 'failed', 'operations:status.notifications.wrong_secret', { at: facts.lastAt, fix });
  return check('notifications', 'warning', 'operations:status.notifications.unverified', {
    at: facts.lastAt,
    fix: secretFix,
  });
}

/** Whether another check names the cause: the registry does not answer, or refuses our token or password. */
function isExplained({ registry, index }: StatusFacts, others: readonly Check[]): boolean {
  const failure = index.crawl?.failure;
  if (!registry.reachable) return failure?.key === registry.failure?.key;
  const isRefused = failure?.key === 'registryUnauthorized' || failure?.key === 'registryPassword';
  return isRefused && others.some(({ state }) => state === 'failed');
}

function crawl(all: StatusFacts, others: readonly Check[]): Check {
  const { crawl: facts } = all.index;
  if (facts === undefined) return check('crawl', 'unknown', 'operations:status.crawl.never');
  if (facts.isRunning) {
    const { repositoriesDone: done, repositoriesTotal } = facts;
    return check('crawl', 'ok', 'operations:status.crawl.running', {
      params: { done, total: repositoriesTotal ?? done },
    });
  }
  if (facts.failure && isExplained(all, others)) return check('crawl', 'unknown', 'operations:status.crawl.explained');
  if (facts.failure) return check('crawl', 'failed', `errors:${facts.failure.key}`, crawlFailure(facts));
  if (facts.error !== null)
    return check('crawl', 'failed', 'operations:status.crawl.failed', {
      params: { error: facts.error },
      at: facts.finishedAt,
    });
  if (facts.finishedAt === null) return check('crawl', 'unknown', 'operations:status.crawl.never');
  if (facts.failures > 0)
    return check('crawl', 'warning', 'operations:status.crawl.failures', {
      params: { count: facts.failures },
      at: facts.finishedAt,
    });
  return check('crawl', 'ok', 'operations:status.crawl.ok', { at: facts.finishedAt });
}

/** Only while the index is held. */
function content({ index: { hold } }: StatusFacts): readonly Check[] {
  if (hold === undefined) return [];
  const params = { sampled: hold.sampledCount, missing: hold.missingCount };
  return [check('content', 'failed', 'operations:status.content.lost', { params, at: hold.since })];
}

function crawlFailure({ failure, finishedAt }: CrawlProgress): Found {
  return { params: failure?.params ?? {}, at: finishedAt };
}

function database({ database: facts }: StatusFacts): Check {
  if (facts.engine === 'postgres') return check('database', 'ok', 'operations:status.database.postgres');
  if (facts.synchronous === null) return check('database', 'unknown', 'operations:status.database.unknown');
  const full = /^(full|extra|2|3)$/i.test(facts.synchronous);
  return check(
    'database',
    full ? 'ok' : 'failed',
    full ? 'operations:status.database.ok' : 'operations:status.database.loose',
    {
      params: { synchronous: facts.synchronous },
    },
  );
}

function storage({ database: { storage: state } }: StatusFacts): readonly Check[] {
  const judged = { storage: storageFolder(state), wal: writeAheadLog(state) };
  return (['storage', 'wal'] as const).map((id) => check(id, judged[id].state, judged[id].key, judged[id]));
}

const secretFix: Fix = { file: 'ours', lines: 'notifications:\n  secret: …' };

function endpointLines({ endpoint, hasSecret }: StatusFacts['notifications']): string {
  const header = hasSecret ? '\n      headers:\n        Authorization: [Bearer …]' : '';
  return `notifications:\n  endpoints:\n    - name: registry-web\n      url: ${endpoint}${header}`;
}
