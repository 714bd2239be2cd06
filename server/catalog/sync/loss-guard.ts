/**
 * Holds the index when the registry lacks most of what is known: more likely its volume is not mounted, or another registry
 * answers at its address, than everything was deleted. Nothing is dropped until a person accepts the loss, or readings
 * hours apart agree.
 */

import type { Bus } from '../../bus/bus.ts';
import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { createSettings } from '../../storage/settings.ts';
import { forEachBounded } from '../base/concurrency.ts';
import type { KnownImage } from '../base/tag-lookup.ts';
import { sampleImages } from './image-sample.ts';
import type { RegistryReader } from './refresh.ts';

export interface LossHold {
  /** Epoch milliseconds. */
  readonly since: number;
  readonly sampledCount: number;
  readonly missingCount: number;
  /** How long it was watched, by a clock that only goes forward, restarts left out. */
  readonly watchedMs: number;
}

export interface LossGuardDeps {
  readonly db: Database;
  readonly client: Pick<RegistryReader, 'headManifest' | 'catalogPages'>;
  readonly now: () => number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  readonly log: Logger;
  /** Told when a hold began or ended. */
  readonly bus: Pick<Bus, 'publish'>;
}

const SETTING = 'index_hold';
/** Readings that far apart confirm a loss that nobody looked at. */
export const AUTO_ACCEPT_MS = 6 * 3600_000;
const VERDICT_LASTS_MS = 30_000;
/** Two looks further apart than this were not one watch: the process slept, or was stopped. */
const MAX_WATCH_STEP_MS = 5 * 60_000;
/** One image that is gone was deleted, with all its tags. */
const MIN_MISSING = 2;
const REQUESTS_AT_ONCE = 4;
const MAX_FAILURES = 3;

export function createLossGuard({ db, client, now, clock, log, bus }: LossGuardDeps) {
  const settings = createSettings(db);
  let hold: LossHold | undefined;
  let loading: Promise<void> | undefined;
  let underway: Promise<boolean> | undefined;
  let decidedAt = Number.NEGATIVE_INFINITY;
  let watchedAt: number | undefined;

  function load(): Promise<void> {
    loading ??= settings.get(SETTING).then((kept) => {
      if (kept !== undefined) hold = JSON.parse(kept) as LossHold;
    });
    return loading;
  }

  async function keep(next: LossHold | undefined): Promise<void> {
    const hasChanged = (hold === undefined) !== (next === undefined);
    hold = next;
    watchedAt = next === undefined ? undefined : clock();
    if (next === undefined) await settings.remove(SETTING);
    else await settings.set(SETTING, JSON.stringify(next));
    if (hasChanged) bus.publish({ kind: 'index-state-changed' });
  }

  async function decide(except?: string): Promise<boolean> {
    const images = await sampleImages(db, except);
    const found = await compare(images);
    decidedAt = clock();
    // No clear answer at all: nothing goes, and what was held stays held.
    if (images.length > 0 && found.answerCount === 0) return true;
    if (isMassLoss(found) || (await isEmptied(found))) await begin(found);
    else if (except === undefined) await end(found);
    return hold !== undefined;
  }

  async function begin({ missingCount, answerCount: sampledCount }: Answers): Promise<void> {
    if (hold === undefined) {
      log.error({ sampledCount, missingCount }, 'the registry lacks most of what is known: nothing is removed');
    }
    const stepMs = watchedAt === undefined ? 0 : Math.min(clock() - watchedAt, MAX_WATCH_STEP_MS);
    const watchedMs = (hold?.watchedMs ?? 0) + stepMs;
    await keep({ since: hold?.since ?? now(), sampledCount, missingCount, watchedMs });
  }

  async function end({ missingCount, answerCount: sampledCount }: Answers): Promise<void> {
    if (hold === undefined) return;
    log.info({ sampledCount, missingCount }, 'the registry has again what is known');
    await keep(undefined);
  }

  async function compare(images: readonly KnownImage[]): Promise<Answers> {
    let [answerCount, missingCount, failureCount] = [0, 0, 0];
    await forEachBounded(images, REQUESTS_AT_ONCE, async ({ repository, tag }) => {
      if (failureCount >= MAX_FAILURES) return;
      try {
        const found = await client.headManifest(repository, tag);
        answerCount += 1;
        if (found === undefined) missingCount += 1;
      } catch (error) {
        failureCount += 1;
        log.debug({ repository, tag, error: errorText(error) }, 'known image not asked for');
      }
    });
    return { answerCount, missingCount };
  }

  /** Too few images for a majority: a registry that lists nothing at all was not emptied by deleting tags. */
  async function isEmptied({ answerCount, missingCount }: Answers): Promise<boolean> {
    if (answerCount === 0 || missingCount < answerCount) return false;
    try {
      for await (const page of client.catalogPages()) if (page.length > 0) return false;
      return true;
    } catch {
      return false;
    }
  }

  /** @returns whether most of what is known is gone, asked at most half a minute ago. */
  async function isHeld(except?: string): Promise<boolean> {
    await load();
    if (except !== undefined && hold === undefined) return decide(except);
    if (clock() - decidedAt < VERDICT_LASTS_MS) return hold !== undefined;
    underway ??= decide().finally(() => {
      underway = undefined;
    });
    return underway;
  }

  return {
    /** What is held now; undefined: nothing. */
    current: (): LossHold | undefined => hold,
    load,
    /**
     * Asks for a few of the images that are known.
     *
     * @param except a repository in which we deleted something ourselves.
     * @returns whether nothing may be dropped now.
     */
    isHeld,
    /** Asks anew, however short ago it was asked. */
    isStillHeld(): Promise<boolean> {
      decidedAt = Number.NEGATIVE_INFINITY;
      return isHeld();
    },
    /** It lasted so long that another reading confirms it. */
    isConfirmed: (): boolean => hold !== undefined && hold.watchedMs >= AUTO_ACCEPT_MS,
    /** What is missing may go from now on. @returns what was held. */
    async release(): Promise<LossHold | undefined> {
      await load();
      const released = hold;
      if (released !== undefined) await keep(undefined);
      return released;
    },
  };
}
export type LossGuard = ReturnType<typeof createLossGuard>;

export interface Answers {
  /** Images that the registry gave a clear answer about. */
  readonly answerCount: number;
  readonly missingCount: number;
}

export function isMassLoss({ answerCount, missingCount }: Answers): boolean {
  return missingCount >= MIN_MISSING && missingCount > answerCount / 2;
}
