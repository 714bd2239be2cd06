/**
 * Holds the index when the registry lacks most known images: more likely its volume is not mounted, or another registry
 * answers at its address, than everything was deleted. Nothing is removed until an admin accepts the loss, or it has
 * lasted for hours.
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
  /** How long the loss was observed, on the monotonic clock, without restarts. */
  readonly watchedMs: number;
}

export interface LossGuardDeps {
  readonly db: Database;
  readonly client: Pick<RegistryReader, 'headManifest' | 'catalogPages'>;
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
  /** `index-state-changed` is published when a hold begins or ends. */
  readonly bus: Pick<Bus, 'publish'>;
}

const SETTING = 'index_hold';
/** A loss that was observed for this long is accepted without an admin. */
export const AUTO_ACCEPT_MS = 6 * 3600_000;
const MAX_VERDICT_AGE_MS = 30_000;
/** Checks further apart than this do not count as continuous observation: the process slept or was stopped. */
const MAX_WATCH_STEP_MS = 5 * 60_000;
/** A single missing image was deleted with all its tags. */
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
    // Without any clear answer nothing is removed, and a hold stays.
    if (images.length > 0 && found.answerCount === 0) return true;
    if (isMassLoss(found) || (await isEmptied(found))) await begin(found);
    else if (except === undefined) await end(found);
    return hold !== undefined;
  }

  async function begin({ missingCount, answerCount: sampledCount }: SampleResult): Promise<void> {
    if (hold === undefined) {
      log.error({ sampledCount, missingCount }, 'the registry lacks most of what is known: nothing is removed');
    }
    const stepMs = watchedAt === undefined ? 0 : Math.min(clock() - watchedAt, MAX_WATCH_STEP_MS);
    const watchedMs = (hold?.watchedMs ?? 0) + stepMs;
    await keep({ since: hold?.since ?? now(), sampledCount, missingCount, watchedMs });
  }

  async function end({ missingCount, answerCount: sampledCount }: SampleResult): Promise<void> {
    if (hold === undefined) return;
    log.info({ sampledCount, missingCount }, 'the registry has again what is known');
    await keep(undefined);
  }

  async function compare(images: readonly KnownImage[]): Promise<SampleResult> {
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

  /**
   * With too few images for a majority: whether the registry lists nothing at all, which deleting tags does not cause.
   */
  async function isEmptied({ answerCount, missingCount }: SampleResult): Promise<boolean> {
    if (answerCount === 0 || missingCount < answerCount) return false;
    try {
      for await (const page of client.catalogPages()) if (page.length > 0) return false;
      return true;
    } catch {
      return false;
    }
  }

  /** @returns whether the registry lacks most known images; the answer may be half a minute old. */
  async function isHeld(except?: string): Promise<boolean> {
    await load();
    if (except !== undefined && hold === undefined) return decide(except);
    if (clock() - decidedAt < MAX_VERDICT_AGE_MS) return hold !== undefined;
    underway ??= decide().finally(() => {
      underway = undefined;
    });
    return underway;
  }

  return {
    /** The current hold, if any. */
    current: (): LossHold | undefined => hold,
    load,
    /**
     * Requests a sample of known images.
     * @param except A repository in which we deleted something ourselves.
     * @returns whether nothing may be removed now.
     */
    isHeld,
    /** Checks again, without using a recent answer. */
    isStillHeld(): Promise<boolean> {
      decidedAt = Number.NEGATIVE_INFINITY;
      return isHeld();
    },
    /** The loss has lasted long enough to be accepted. */
    isConfirmed: (): boolean => hold !== undefined && hold.watchedMs >= AUTO_ACCEPT_MS,
    /** Ends the hold: missing images may be removed. @returns the hold; undefined: there was none. */
    async release(): Promise<LossHold | undefined> {
      await load();
      const released = hold;
      if (released !== undefined) await keep(undefined);
      return released;
    },
  };
}
export type LossGuard = ReturnType<typeof createLossGuard>;

export interface SampleResult {
  /** Number of images with a clear answer. */
  readonly answerCount: number;
  readonly missingCount: number;
}

/** At least two images and more than half of the sample are missing. */
export function isMassLoss({ answerCount, missingCount }: SampleResult): boolean {
  return missingCount >= MIN_MISSING && missingCount > answerCount / 2;
}
