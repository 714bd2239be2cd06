import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { createYield, type Yield } from '../base/yield.ts';
import { readVisible } from '../space/sums.ts';
import { NOTHING, type Visibility } from '../visibility/visibility.ts';
import { visibleNamesById } from '../visibility/visible-repositories.ts';
import { type Finding, type Scan, scanRepositories } from './scan.ts';

export interface FoundRepository extends Omit<Finding, 'grownOwnBytes'> {
  readonly id: number;
  readonly name: string;
}

/** Findings in a viewer's repositories: images that nobody pulls, and repositories that grew most. */
export interface Findings {
  readonly staleCount: number;
  readonly staleBytes: number;
  /** An image is stale when nobody pulled it since then: 90 days, or since events are received. */
  readonly staleSince: number;
  readonly isWatchedLongEnough: boolean;
  /** Repositories with most stale bytes, largest first. */
  readonly stalest: readonly FoundRepository[];
  /** Day of the sample that growth is measured from; null: there is none before today. */
  readonly grownSince: number | null;
  readonly fastest: readonly FoundRepository[];
}

export interface FindingsDeps {
  readonly db: Database;
  readonly now: () => number;
  readonly log: Logger;
}

const FAILED = 'repositories not looked through';
const SHOWN = 5;
const MIN_INTERVAL_MS = 60_000;
/** Pause as a multiple of the duration of a scan, so that scanning takes at most a hundredth of a core. */
const PAUSE_PER_RUN = 100;
const MAX_VIEWS = 500;

interface Known extends Scan {
  readonly endedAt: number;
  readonly tookMs: number;
  readonly views: LRUCache<number, Promise<Findings>>;
}

/**
 * One scan of all repositories serves all viewers; each gets the sum over what they see. Computed on demand, and
 * minutes old in large registries.
 */
export function createFindings({ db, now, log }: FindingsDeps) {
  const closing = new AbortController();
  let known: Known | undefined;
  let running: Promise<Known> | undefined;

  async function scan(): Promise<Known> {
    closing.signal.throwIfAborted();
    const begunAt = performance.now();
    const found = await scanRepositories(db, now(), createYield(closing.signal));
    const endedAt = performance.now();
    known = { ...found, endedAt, tookMs: endedAt - begunAt, views: new LRUCache({ max: MAX_VIEWS }) };
    return known;
  }

  function look(): Promise<Known> {
    running ??= scan().finally(() => {
      running = undefined;
    });
    return running;
  }

  function isOld({ endedAt, tookMs }: Known): boolean {
    return performance.now() - endedAt > Math.max(MIN_INTERVAL_MS, PAUSE_PER_RUN * tookMs);
  }

  async function latest(): Promise<Known> {
    if (known === undefined) return look();
    if (isOld(known)) look().catch(warn);
    return known;
  }

  async function view(visibility: Visibility): Promise<Findings> {
    const current = await latest();
    closing.signal.throwIfAborted();
    const made = current.views.get(visibility.id);
    if (made !== undefined) return made;
    const value = findingsOf(db, visibility, current, createYield(closing.signal));
    value.catch(() => current.views.delete(visibility.id));
    current.views.set(visibility.id, value);
    return value;
  }

  /** An interruption by closing is no failure. */
  function warn(error: unknown): undefined {
    if (!closing.signal.aborted) log.warn({ error }, FAILED);
  }

  return {
    /** Resolves however long it takes; rejects once closed. */
    of: view,

    /** Resolves once no scan runs. */
    async close(): Promise<void> {
      closing.abort();
      await running?.catch(() => undefined);
      await Promise.allSettled(known?.views.values() ?? []);
    },
  };
}

async function findingsOf(db: Database, visibility: Visibility, scan: Scan, yieldTurn: Yield): Promise<Findings> {
  const found = visibility.all ? [...scan.findings] : await visibleFindings(db, visibility, scan, yieldTurn);
  const stalest = top(found, ({ staleBytes }) => staleBytes);
  const fastest = top(found, ({ grownBytes }) => grownBytes);
  const names = await visibleNamesById(
    db,
    visibility,
    [...stalest, ...fastest].map(([id]) => id),
  );
  return {
    staleCount: found.reduce((sum, [, { staleCount }]) => sum + staleCount, 0),
    staleBytes: found.reduce((sum, [, { staleBytes }]) => sum + staleBytes, 0),
    staleSince: Math.max(scan.staleSince, scan.watchedSince),
    isWatchedLongEnough: scan.watchedSince <= scan.staleSince,
    stalest: withNames(stalest, names),
    grownSince: scan.grownSince,
    fastest: withNames(fastest, names),
  };
}

type Entry = readonly [number, Finding];

async function visibleFindings(
  db: Database,
  visibility: Visibility,
  { findings }: Scan,
  yieldTurn: Yield,
): Promise<readonly Entry[]> {
  if (visibility.id === NOTHING.id) return [];
  const found: Entry[] = [];
  await readVisible(db, visibility.id, yieldTurn, (id) => {
    const finding = findings.get(id);
    if (finding !== undefined) found.push([id, { ...finding, grownBytes: finding.grownOwnBytes }]);
  });
  return found;
}

function top(found: readonly Entry[], value: (finding: Finding) => number): readonly Entry[] {
  return found
    .filter(([, finding]) => value(finding) > 0)
    .sort(([id, one], [otherId, other]) => value(other) - value(one) || id - otherId)
    .slice(0, SHOWN);
}

function withNames(entries: readonly Entry[], names: ReadonlyMap<number, string>): readonly FoundRepository[] {
  return entries.flatMap(([id, finding]) => {
    const name = names.get(id);
    const { grownOwnBytes: _, ...told } = finding;
    return name === undefined ? [] : [{ id, name, ...told }];
  });
}
