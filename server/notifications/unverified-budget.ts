import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../storage/database.ts';
import { deleteEnvelopes } from './envelope-writes.ts';
import { deleteEvents } from './event-writes.ts';
import { createSourceBudget, MAX_ROWS_AT_ONCE, type SourceLoad, TARGET_SHARE } from './source-budget.ts';

/** Limits for all unverified envelopes together, which anybody can send. */
export interface UnverifiedLimits {
  readonly bytes: number;
  readonly events: number;
}

interface Load {
  readonly bytes: number;
  readonly events: number;
}

/** Bytes that an envelope counts beside its body: even an empty one is a row. */
export const ENVELOPE_ROW_BYTES = 512;
const LIMITS: UnverifiedLimits = { bytes: 32 * 1024 * 1024, events: 30_000 };
const MAX_ENVELOPES_AT_ONCE = 50;

/** Enforces the limits for unverified envelopes; events with a confirmed user stay, see `confirmed-budget.ts`. */
export function createUnverifiedBudget(db: Database, limits: UnverifiedLimits = LIMITS) {
  const fullness = ({ bytes, events }: Load): number => Math.max(bytes / limits.bytes, events / limits.events);

  async function dropOldest(source: string, total: Load): Promise<number> {
    const excess = fullness(total) - TARGET_SHARE;
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

  /** Deletes events before their envelope: after a crash, remaining rows are found by the envelope. */
  async function dropEnvelopes(ids: readonly number[]): Promise<void> {
    while ((await dropEvents(ids)) === MAX_ROWS_AT_ONCE) await nextTurn();
    await deleteEnvelopes(db, ids);
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
    await deleteEvents(
      db,
      rows.map(({ id }) => id),
    );
    return rows.length;
  }

  return createSourceBudget<Load>({ read: () => readLoads(db), sum, fullness, dropOldest });
}

async function readLoads(db: Database): Promise<readonly (Load & SourceLoad)[]> {
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
