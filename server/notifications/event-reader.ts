import { type Clock, monotonic } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { type ApplyDeps, createApplier } from './apply.ts';
import { createConfirmedBudget } from './confirmed-budget.ts';
import type { Stored, UnreadableEnvelope } from './intake.ts';
import { createLoop } from './loop.ts';
import { createProjection, type ProjectionDeps } from './project.ts';
import { createQuarantineRefresh } from './quarantine-refresh.ts';
import { createRetention } from './retention.ts';
import { createUnverifiedBudget, type UnverifiedLimits } from './unverified-budget.ts';

export interface EventReaderDeps<Use>
  extends Pick<ApplyDeps<Use>, 'onEvent' | 'count' | 'onCounted'>,
    Pick<ProjectionDeps, 'attribute' | 'bus'> {
  readonly db: Database;
  readonly log: Logger;
  readonly now?: () => number;
  readonly clock?: Clock;
  readonly onInstance: (instanceId: string) => void;
  /** Reads a repository that a quarantined envelope names. */
  readonly look: (repository: string) => void;
  readonly crawl: () => void;
  readonly unverifiedLimits?: UnverifiedLimits;
  readonly confirmedLimit?: number;
}

// Each pass costs a synced commit: under load many envelopes share one, and events are still shown within a second.
const READ_DEBOUNCE_MS = 120;
const APPLY_DEBOUNCE_MS = 20;
const UNVERIFIED_INSTANCE_EVERY_MS = 60_000;

/** Processes stored envelopes: parse, apply to the index, delete when old. */
export function createEventReader<Use>(deps: EventReaderDeps<Use>) {
  const { db, log, now = Date.now, clock = monotonic } = deps;
  let unverifiedInstanceAt = Number.NEGATIVE_INFINITY;

  const retention = createRetention({ db, now });
  const unverified = createUnverifiedBudget(db, deps.unverifiedLimits);
  const confirmed = createConfirmedBudget(db, deps.confirmedLimit);
  const looks = createQuarantineRefresh({ clock, look: deps.look, crawl: deps.crawl });
  const applier = createApplier({ ...deps, clock });
  const projection = createProjection({
    ...deps,
    onInstance: handleInstance,
    onQuarantined: looks.note,
    onUnverified: recordUnverified,
  });
  // Two loops, so that a slow registry does not delay showing events.
  const telling = createLoop({ debounceMs: APPLY_DEBOUNCE_MS, pass: tell, log });
  const reading = createLoop({ debounceMs: READ_DEBOUNCE_MS, pass: readAll, log });

  async function readAll(): Promise<number | undefined> {
    const count = await projection.step();
    if (count > 0) telling.wake();
    await unverified.enforce();
    await confirmed.enforce();
    return count > 0 ? 0 : undefined;
  }

  async function tell(): Promise<number | undefined> {
    if (await applier.step()) return 0;
    const retryAt = applier.retryAt();
    return retryAt === undefined ? undefined : retryAt - clock();
  }

  /**
   * Unverified envelopes can contain invented instance IDs, each of which would cause a crawl, so these are
   * rate-limited.
   */
  function handleInstance(instanceId: string, verified: boolean): void {
    if (!verified && clock() - unverifiedInstanceAt < UNVERIFIED_INSTANCE_EVERY_MS) return;
    if (!verified) unverifiedInstanceAt = clock();
    log.info({ instanceId }, 'new registry instance');
    deps.onInstance(instanceId);
  }

  function recordUnverified(events: number, ofKnown: number): void {
    unverified.add({ bytes: 0, events });
    confirmed.add({ events: ofKnown });
  }

  return {
    /** To be called after envelopes were stored. */
    handleStored({ unverifiedBytes }: Stored): void {
      unverified.add({ bytes: unverifiedBytes, events: 0 });
      reading.wake();
    },
    /** An envelope was stored that was truncated or cannot be decompressed: the repositories it names are unknown. */
    handleUnreadable: ({ verified }: UnreadableEnvelope): void =>
      looks.note({ verified, repositories: [], isAll: false }),
    /** Once a day: deletes what is older than the retention time. */
    purgeOld: retention.purgeOld,
    /** Processes what an earlier process left unparsed or unapplied. */
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
