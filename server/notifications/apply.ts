import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { markApplied } from './event-writes.ts';
import { type RegistryEvent, toEvent } from './events.ts';

/** @typeParam Use What is counted of an event; defined by the index. */
export interface ApplyDeps<Use> {
  readonly db: Database;
  /** Applies the event to the index; repeated when it fails, so it must be idempotent. */
  readonly onEvent: (event: RegistryEvent) => Promise<Use | undefined>;
  /**
   * Counts in the transaction that marks the events as applied, so that each counts once.
   * @returns what was counted.
   */
  readonly count: (trx: Database, uses: readonly Use[]) => Promise<readonly Use[]>;
  readonly onCounted: (uses: readonly Use[]) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const BATCH = 200;
const MAX_CONCURRENT = 4;
const MAX_TRIES = 8;
const MAX_WAIT_MS = 60_000;

interface Failing {
  tries: number;
  notBefore: number;
}

interface Done<Use> {
  readonly id: number;
  readonly use: Use | undefined;
}

/** Applies stored events to the index, in order within a repository, and marks them as applied. */
export function createApplier<Use>({ db, onEvent, count, onCounted, clock, log }: ApplyDeps<Use>) {
  const failing = new Map<string, Failing>();

  /** Skips events that another process has marked meanwhile: it counted them. */
  async function mark(done: readonly Done<Use>[]): Promise<void> {
    if (done.length === 0) return;
    const counted = await db.transaction().execute(async (trx) => {
      const ids = await markApplied(
        trx,
        done.map(({ id }) => id),
      );
      const uses = done.flatMap(({ id, use }) => (use === undefined || !ids.has(id) ? [] : [use]));
      return uses.length === 0 ? uses : count(trx, uses);
    });
    onCounted(counted);
  }

  /** Applies the events of one repository and stops at the first failure, to keep their order. */
  async function applyAll(repository: string, events: readonly RegistryEvent[]): Promise<readonly Done<Use>[]> {
    const done: Done<Use>[] = [];
    for (const event of events) {
      let use: Use | undefined;
      try {
        use = await onEvent(event);
        failing.delete(repository);
      } catch (error) {
        if (!giveUp(repository, event, error)) break;
      }
      done.push({ id: event.id, use });
    }
    return done;
  }

  /** After eight attempts the event is given up: the next crawl corrects the index. */
  function giveUp(repository: string, event: RegistryEvent, error: unknown): boolean {
    const tries = (failing.get(repository)?.tries ?? 0) + 1;
    log.warn({ repository, event: event.id, tries, error }, 'event not applied to the index');
    if (tries >= MAX_TRIES) return failing.delete(repository);
    failing.set(repository, { tries, notBefore: clock() + Math.min(MAX_WAIT_MS, 500 * 2 ** tries) });
    return false;
  }

  return {
    /** @returns true when more events can be applied now. */
    async step(): Promise<boolean> {
      const waiting = [...failing].filter(([, state]) => state.notBefore > clock()).map(([repository]) => repository);
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('applied', '=', 0)
        .$if(waiting.length > 0, (query) => query.where('repository', 'not in', waiting))
        .orderBy('id')
        .limit(BATCH)
        .execute();
      const groups = [...groupByRepository(rows.map(toEvent))];
      let applied = 0;
      const worker = async () => {
        for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
          const done = await applyAll(group[0], group[1]);
          applied += done.length;
          await mark(done);
        }
      };
      await Promise.all(Array.from({ length: MAX_CONCURRENT }, worker));
      return rows.length === BATCH && applied > 0;
    },
    /** When the earliest failed event is due again; undefined when none failed. */
    retryAt: (): number | undefined =>
      failing.size === 0 ? undefined : Math.min(...[...failing.values()].map((each) => each.notBefore)),
  };
}

function groupByRepository(events: readonly RegistryEvent[]): Map<string, RegistryEvent[]> {
  const groups = new Map<string, RegistryEvent[]>();
  for (const event of events) {
    const group = groups.get(event.repository);
    if (group === undefined) groups.set(event.repository, [event]);
    else group.push(event);
  }
  return groups;
}
