import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { type Finding, type Scan, scanRepositories } from './findings-scan.ts';
import { isVisible, NOTHING, type Visibility } from './visibility.ts';

export interface FoundRepository extends Finding {
  readonly id: number;
  readonly name: string;
}

/** What a viewer's repositories call for: images nobody pulls, and who grew most. */
export interface Findings {
  readonly staleCount: number;
  readonly staleBytes: number;
  /** An image is stale when nobody pulled it since then: 90 days, or as long as we watch. */
  readonly staleSince: number;
  readonly isWatchedLongEnough: boolean;
  /** Where most is stale, biggest first. */
  readonly stalest: readonly FoundRepository[];
  /** Day of the samples that growth is counted from; null: no day was sampled before today. */
  readonly grownSince: number | null;
  readonly fastest: readonly FoundRepository[];
}

export interface FindingsDeps {
  readonly db: Database;
  readonly now: () => number;
  readonly log: Logger;
  /** How long a page waits for the first; then it does without. */
  readonly patienceMs?: number;
}

const FAILED = 'repositories not looked through';
const SHOWN = 5;
const PATIENCE_MS = 40;
const SOONEST_MS = 60_000;
/** So that looking takes a hundredth of a core, however much there is. */
const PAUSE_PER_RUN = 100;
const LONGEST_REST_MS = 50;
const IDS_AT_ONCE = 4000;
const MOST_VIEWS = 500;

interface Known extends Scan {
  readonly endedAt: number;
  readonly tookMs: number;
  readonly views: Map<number, Promise<Findings>>;
}

/**
 * One look at all repositories serves everybody; who sees a part gets the sum over that part. Both are made when a page asks
 * and are minutes old where there is much.
 */
export function createFindings({ db, now, log, patienceMs = PATIENCE_MS }: FindingsDeps) {
  let known: Known | undefined;
  let running: Promise<Known> | undefined;

  async function scan(): Promise<Known> {
    const begunAt = performance.now();
    const found = await scanRepositories(db, now(), createRest());
    const endedAt = performance.now();
    known = { ...found, endedAt, tookMs: endedAt - begunAt, views: new Map() };
    return known;
  }

  function look(): Promise<Known> {
    running ??= scan().finally(() => {
      running = undefined;
    });
    return running;
  }

  function isOld({ endedAt, tookMs }: Known): boolean {
    return performance.now() - endedAt > Math.max(SOONEST_MS, PAUSE_PER_RUN * tookMs);
  }

  async function latest(): Promise<Known> {
    if (known === undefined) return look();
    if (isOld(known)) look().catch((error: unknown) => log.warn({ error }, FAILED));
    return known;
  }

  async function view(visibility: Visibility): Promise<Findings> {
    const current = await latest();
    const made = current.views.get(visibility.id);
    if (made !== undefined) return made;
    const value = findingsOf(db, visibility, current);
    value.catch(() => current.views.delete(visibility.id));
    if (current.views.size >= MOST_VIEWS) current.views.clear();
    current.views.set(visibility.id, value);
    return value;
  }

  return {
    /** @returns undefined while the first look takes longer than a page may. */
    async of(visibility: Visibility): Promise<Findings | undefined> {
      const closing = new AbortController();
      const found = view(visibility).catch((error: unknown) => void log.warn({ error }, FAILED));
      const late = sleep(patienceMs, undefined, { signal: closing.signal }).catch(() => undefined);
      try {
        return await Promise.race([found, late]);
      } finally {
        closing.abort();
      }
    },
  };
}
export type FindingsStore = ReturnType<typeof createFindings>;

/** Rests as long as it worked. */
function createRest(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    await sleep(Math.min(LONGEST_REST_MS, performance.now() - since));
    since = performance.now();
  };
}

async function findingsOf(db: Database, visibility: Visibility, scan: Scan): Promise<Findings> {
  const found = visibility.all ? [...scan.findings] : await visibleFindings(db, visibility, scan);
  const top = (value: (finding: Finding) => number) =>
    found
      .filter(([, finding]) => value(finding) > 0)
      .sort(([id, one], [otherId, other]) => value(other) - value(one) || id - otherId)
      .slice(0, SHOWN);
  return {
    staleCount: found.reduce((sum, [, { staleCount }]) => sum + staleCount, 0),
    staleBytes: found.reduce((sum, [, { staleBytes }]) => sum + staleBytes, 0),
    staleSince: Math.max(scan.staleSince, scan.watchedSince),
    isWatchedLongEnough: scan.watchedSince <= scan.staleSince,
    stalest: await withNames(
      db,
      visibility,
      top(({ staleBytes }) => staleBytes),
    ),
    grownSince: scan.grownSince,
    fastest: await withNames(
      db,
      visibility,
      top(({ grownBytes }) => grownBytes),
    ),
  };
}

type Entry = readonly [number, Finding];

async function visibleFindings(db: Database, visibility: Visibility, { findings }: Scan): Promise<Entry[]> {
  if (visibility.id === NOTHING.id) return [];
  const found: Entry[] = [];
  const rest = createRest();
  let after = 0;
  for (;;) {
    const rows = await db
      .selectFrom('visible_repositories')
      .select('repository_id')
      .where('visibility_id', '=', visibility.id)
      .where('repository_id', '>', after)
      .orderBy('repository_id')
      .limit(IDS_AT_ONCE)
      .execute();
    for (const { repository_id } of rows) {
      const finding = findings.get(repository_id);
      if (finding !== undefined) found.push([repository_id, finding]);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < IDS_AT_ONCE) return found;
    after = last.repository_id;
    await rest();
  }
}

async function withNames(
  db: Database,
  visibility: Visibility,
  entries: readonly Entry[],
): Promise<readonly FoundRepository[]> {
  if (entries.length === 0) return [];
  const rows = await db
    .selectFrom('repositories')
    .select(['id', 'name'])
    .where(
      'id',
      'in',
      entries.map(([id]) => id),
    )
    .where(isVisible(visibility))
    .execute();
  const names = new Map(rows.map((row) => [row.id, row.name]));
  return entries.flatMap(([id, finding]) => {
    const name = names.get(id);
    return name === undefined ? [] : [{ id, name, ...finding }];
  });
}
