import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../storage/database.ts';

/** What envelopes without the secret may take up together; anybody can send those. */
export interface UnverifiedLimits {
  readonly bytes: number;
  readonly events: number;
}

interface Load {
  readonly bytes: number;
  readonly events: number;
}

interface SourceLoad extends Load {
  readonly source: string;
}

/** What an envelope costs beside its body: even an empty one is a row. */
export const ENVELOPE_ROW_BYTES = 512;
const LIMITS: UnverifiedLimits = { bytes: 32 * 1024 * 1024, events: 30_000 };
// Deleting this much takes a few milliseconds; the intake waits no longer.
const MAX_ROWS_AT_ONCE = 500;
const MAX_ENVELOPES_AT_ONCE = 50;
// A little more than needed goes, so that not every further envelope makes us delete one.
const TARGET_SHARE = 0.9;

/**
 * Keeps unverified envelopes to their limits. The oldest of the sender that takes up most go first, so that a stranger
 * pushes nobody out but himself; events whose user is known to be true stay, see `confirmed-budget.ts`.
 */
export function createUnverifiedBudget(db: Database, limits: UnverifiedLimits = LIMITS) {
  let load: Load | undefined;

  const fullness = ({ bytes, events }: Load): number => Math.max(bytes / limits.bytes, events / limits.events);

  /** @param excess Share of the limits that has to go. */
  async function dropOldest(source: string, excess: number): Promise<number> {
    const rows = await db
      .selectFrom('envelopes')
      .select(['id', 'size_bytes', 'event_count'])
      .where('verified', '=', 0)
      .where('source', '=', source)
      .orderBy('id')
      .limit(MAX_ENVELOPES_AT_ONCE)
      .execute();
    const ids: number[] = [];
    let dropped = 0;
    for (const { id, size_bytes, event_count } of rows) {
      if (dropped >= excess) break;
      ids.push(id);
      dropped += fullness({ bytes: size_bytes + ENVELOPE_ROW_BYTES, events: event_count });
    }
    if (ids.length > 0) await dropEnvelopes(ids);
    return ids.length;
  }

  /** Their events first: what a crash leaves is found by its envelope. */
  async function dropEnvelopes(ids: readonly number[]): Promise<void> {
    while ((await dropEvents(ids)) === MAX_ROWS_AT_ONCE) await nextTurn();
    await db.deleteFrom('envelopes').where('id', 'in', ids).execute();
  }

  async function dropEvents(ids: readonly number[]): Promise<number> {
    const rows = await db
      .selectFrom('events')
      .select('id')
      .where('envelope_id', 'in', ids)
      .where('actor_confirmed', '=', 0)
      .where('verified', '=', 0)
      .limit(MAX_ROWS_AT_ONCE)
      .execute();
    if (rows.length === 0) return 0;
    const due = rows.map(({ id }) => id);
    await db.deleteFrom('events').where('id', 'in', due).execute();
    return rows.length;
  }

  async function trim(): Promise<void> {
    let sources = await readLoads(db);
    for (;;) {
      const excess = fullness(sum(sources)) - TARGET_SHARE;
      if (excess <= 0) break;
      const [heaviest] = [...sources].sort((one, other) => fullness(other) - fullness(one));
      if (heaviest === undefined || (await dropOldest(heaviest.source, excess)) === 0) break;
      await nextTurn();
      sources = await readLoads(db);
    }
    load = sum(sources);
  }

  return {
    /** What came in. */
    note({ bytes, events }: Load): void {
      if (load !== undefined) load = { bytes: load.bytes + bytes, events: load.events + events };
    },
    /** Lets go of what is beyond the limits. Not while envelopes are read. */
    async keep(): Promise<void> {
      load ??= sum(await readLoads(db));
      if (fullness(load) > 1) await trim();
    },
  };
}
export type UnverifiedBudget = ReturnType<typeof createUnverifiedBudget>;

async function readLoads(db: Database): Promise<readonly SourceLoad[]> {
  const rows = await db
    .selectFrom('envelopes')
    .select(({ fn }) => [
      'source',
      fn.sum<number | null>('size_bytes').as('bytes'),
      fn.sum<number | null>('event_count').as('events'),
      fn.countAll<number>().as('count'),
    ])
    .where('verified', '=', 0)
    .groupBy('source')
    .execute();
  return rows.map(({ source, bytes, events, count }) => ({
    source,
    bytes: Number(bytes ?? 0) + Number(count) * ENVELOPE_ROW_BYTES,
    events: Number(events ?? 0),
  }));
}

function sum(loads: readonly Load[]): Load {
  const bytes = loads.reduce((total, each) => total + each.bytes, 0);
  return { bytes, events: loads.reduce((total, each) => total + each.events, 0) };
}
