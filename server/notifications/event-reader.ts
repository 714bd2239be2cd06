import { type Clock, monotonic } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { type ApplyDeps, createApplier } from './apply.ts';
import { createAsideLooks } from './aside-looks.ts';
import { createConfirmedBudget } from './confirmed-budget.ts';
import type { Odd, Stored } from './intake.ts';
import { createLoop } from './loop.ts';
import { createProjection, type ProjectionDeps } from './project.ts';
import { createRetention } from './retention.ts';
import { createUnverifiedBudget, type UnverifiedLimits } from './unverified-budget.ts';

export interface EventReaderDeps<Use>
  extends Pick<ApplyDeps<Use>, 'onEvent' | 'count' | 'onCounted'>,
    Pick<ProjectionDeps, 'judge' | 'bus'> {
  readonly db: Database;
  readonly log: Logger;
  readonly now?: () => number;
  readonly clock?: Clock;
  readonly onInstance: (instanceId: string) => void;
  /** Looks at what an envelope tells that was not understood. */
  readonly look: (repository: string) => void;
  readonly crawl: () => void;
  readonly unverifiedLimits?: UnverifiedLimits;
  readonly confirmedLimit?: number;
}

// A pass is one more synced commit: under load many envelopes share it, and "within a second" still holds.
const READ_GATHER_MS = 120;
const TELL_GATHER_MS = 20;
const UNVERIFIED_INSTANCE_EVERY_MS = 60_000;

/** The way of an envelope that is kept: read, told to the index, let go of. */
export function createEventReader<Use>(deps: EventReaderDeps<Use>) {
  const { db, log, now = Date.now, clock = monotonic } = deps;
  let unverifiedInstanceAt = Number.NEGATIVE_INFINITY;

  const retention = createRetention({ db, now });
  const unverified = createUnverifiedBudget(db, deps.unverifiedLimits);
  const confirmed = createConfirmedBudget(db, deps.confirmedLimit);
  const looks = createAsideLooks({ clock, look: deps.look, crawl: deps.crawl });
  const applier = createApplier({ ...deps, clock });
  const projection = createProjection({
    ...deps,
    onInstance: noteInstance,
    onAside: looks.note,
    onUnverified: noteUnverified,
  });
  // Two loops: a registry that answers slowly must not keep events from the page.
  const telling = createLoop({ gatherMs: TELL_GATHER_MS, pass: tell, log });
  const reading = createLoop({ gatherMs: READ_GATHER_MS, pass: readAll, log });

  async function readAll(): Promise<number | undefined> {
    const count = await projection.step();
    if (count > 0) telling.wake();
    await unverified.keep();
    await confirmed.keep();
    return count > 0 ? 0 : undefined;
  }

  async function tell(): Promise<number | undefined> {
    if (await applier.step()) return 0;
    const retryAt = applier.retryAt();
    return retryAt === undefined ? undefined : retryAt - clock();
  }

  /** Where no secret was agreed anybody can invent instances, and each would cost a crawl. */
  function noteInstance(instanceId: string, verified: boolean): void {
    if (!verified && clock() - unverifiedInstanceAt < UNVERIFIED_INSTANCE_EVERY_MS) return;
    if (!verified) unverifiedInstanceAt = clock();
    log.info({ instanceId }, 'new registry instance');
    deps.onInstance(instanceId);
  }

  function noteUnverified(events: number, ofKnown: number): void {
    unverified.note({ bytes: 0, events });
    confirmed.note({ events: ofKnown });
  }

  return {
    /** Envelopes were kept. */
    noteStored({ unverifiedBytes }: Stored): void {
      unverified.note({ bytes: unverifiedBytes, events: 0 });
      reading.wake();
    },
    /** One was kept that was cut off or cannot be unpacked: of such a one nobody knows what else it names. */
    noteOdd: ({ verified }: Odd): void => looks.note({ verified, repositories: [], isAll: false }),
    /** Once a day: what is older than it is kept. */
    purgeOld: retention.purgeOld,
    /** Takes up what a crash left unread or untold. */
    async start(): Promise<void> {
      await projection.remember();
      reading.start();
      telling.start();
    },
    async stop(): Promise<void> {
      looks.close();
      await Promise.all([reading.stop(), telling.stop()]);
    },
  };
}
export type EventReader = ReturnType<typeof createEventReader>;
