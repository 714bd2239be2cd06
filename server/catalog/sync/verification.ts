/**
 * Verifies known tags in the background, a few each minute, those first that were not checked for longest, each within
 * a day. `tags.checked_at` is the queue, so it continues after a restart.
 */
import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { forEachBounded } from '../base/concurrency.ts';
import { groupBy } from '../base/rows.ts';
import { countTags, longestUnseen, type SeenTag } from '../base/tag-lookup.ts';
import type { Refresh, TagState } from './refresh.ts';

export interface VerificationDeps {
  readonly db: Database;
  readonly refresh: Pick<Refresh, 'checkTags' | 'refreshRepository'>;
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
  /** The last request failed because the registry is unreachable or overloaded. */
  readonly isAway: () => boolean;
  /** Some tags were missing for the first time. */
  readonly onMissing: (repository: string) => void;
}

/** All tags are verified within this time, which leaves four hours of a day for a slow or unreachable registry. */
const ROUND_MS = 20 * 3600_000;
/** After a sleep the missed time is not made up for at once. */
const MAX_STEP_MS = 3600_000;
/** Minimum number of overdue tags per run, for an index so small that its share is less than one tag. */
const OVERDUE_AT_ONCE = 10;
const COUNT_EVERY_MS = 3600_000;
const REPOSITORIES_AT_ONCE = 4;

type Position = Pick<SeenTag, 'id' | 'checked_at'>;

const START: Position = { id: 0, checked_at: Number.MIN_SAFE_INTEGER };

/** `verifySome` is one run, to be called each minute. */
export function createVerification({ db, refresh, now, clock, log, isAway, onMissing }: VerificationDeps) {
  const stopping = new AbortController();
  let position = START;
  let roundBegunAt = clock();
  let lastTurnAt = clock();
  let credit = 0;
  let counted: { readonly tags: number; readonly at: number } | undefined;

  async function tagCount(): Promise<number> {
    if (counted === undefined || clock() - counted.at > COUNT_EVERY_MS) {
      counted = { tags: await countTags(db), at: clock() };
    }
    return counted.tags;
  }

  /** @returns how many tags this run may check. */
  async function share(): Promise<number> {
    const stepMs = Math.min(clock() - lastTurnAt, MAX_STEP_MS);
    lastTurnAt = clock();
    credit += ((await tagCount()) * stepMs) / ROUND_MS;
    const whole = Math.floor(credit);
    credit -= whole;
    return whole;
  }

  /** Tags that could not be read keep their time: they are checked again in the next round, not in the next run. */
  function beginRound(): void {
    position = START;
    roundBegunAt = clock();
  }

  async function nextTags(count: number): Promise<readonly SeenTag[]> {
    if (clock() - roundBegunAt >= ROUND_MS) beginRound();
    const limit = Math.max(count, OVERDUE_AT_ONCE);
    const rows = await longestUnseen(db, position, limit);
    const due = rows.filter(({ checked_at }, index) => index < count || checked_at <= now() - ROUND_MS);
    position = due.at(-1) ?? position;
    if (rows.length < limit && due.length === rows.length) beginRound();
    return due;
  }

  /** @returns false when the registry is unreachable or overloaded. */
  async function verify(repository: string, tags: readonly SeenTag[]): Promise<boolean> {
    const { signal } = stopping;
    const checks = tags.map(({ name }) => ({ name }));
    const states = await refresh.checkTags(repository, checks, { signal });
    // An unreachable registry is no problem of this repository.
    if (isAway()) return false;
    if (!includes(states, 'unknown')) return true;
    // A single missing tag is not enough: the whole tag list is read.
    const all = await refresh.refreshRepository(repository, { signal });
    if (includes(all, 'missing')) onMissing(repository);
    return true;
  }

  async function tryToVerify(repository: string, tags: readonly SeenTag[]): Promise<boolean> {
    try {
      return await verify(repository, tags);
    } catch (error) {
      log.debug({ repository, error: errorText(error) }, 'known tags not verified');
      return false;
    }
  }

  return {
    /** One run. Never rejects: unread tags wait for the next round. */
    async verifySome(): Promise<void> {
      const tags = await nextTags(await share());
      let isOver = false;
      const repositories = groupBy(tags, (tag) => tag.repository);
      await forEachBounded(repositories, REPOSITORIES_AT_ONCE, async ([repository, own]) => {
        if (isOver || stopping.signal.aborted) return;
        if (!(await tryToVerify(repository, own))) isOver = true;
      });
    },
    close: (): void => stopping.abort(),
  };
}
export type Verification = ReturnType<typeof createVerification>;

function includes(states: ReadonlyMap<string, TagState>, wanted: TagState): boolean {
  return [...states.values()].includes(wanted);
}
