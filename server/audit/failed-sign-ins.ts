import type { Selectable } from 'kysely';
import type { Bus } from '../bus/bus.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import type { FailedSignInsTable } from '../storage/schema.ts';

export interface FailedSignIn {
  /** As typed; there may be no such account. */
  readonly actor: string;
  readonly address: string;
  readonly reason: string;
}

/** Failures of one actor from one address for one reason, counted. Times in epoch milliseconds. */
export interface FailedSignIns extends FailedSignIn {
  readonly id: number;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface FailedSignInQuery {
  readonly actor?: string | undefined;
  /** `next` of the page before. */
  readonly after?: number | undefined;
  readonly limit: number;
}

export interface FailedSignInsOptions {
  readonly now: () => number;
  readonly log: Logger;
  /** `audited` is published after each flush. */
  readonly bus: Pick<Bus, 'publish'>;
}

const FLUSH_MS = 2000;
const MAX_PENDING = 500;
const MAX_ROWS = 2000;
const MAX_ACTOR_LENGTH = 128;
const KEEP_MS = 30 * 24 * 3600 * 1000;

type Pending = FailedSignIn & { readonly count: number; readonly firstAt: number; readonly lastAt: number };

/**
 * Table `failed_sign_ins`. Written after the request: repetitions are counted in memory and flushed together after 2 s.
 * Beyond 500 different failures waiting, further ones are dropped.
 */
export function createFailedSignIns(db: Database, { now, log, bus }: FailedSignInsOptions) {
  const pending = new Map<string, Pending>();
  let timer: NodeJS.Timeout | undefined;

  function record({ actor, address, reason }: FailedSignIn): void {
    const failure = { actor: actor.slice(0, MAX_ACTOR_LENGTH), address, reason };
    const key = JSON.stringify(failure);
    const known = pending.get(key);
    if (known === undefined && pending.size >= MAX_PENDING) return;
    const count = (known?.count ?? 0) + 1;
    pending.set(key, { ...failure, count, firstAt: known?.firstAt ?? now(), lastAt: now() });
    timer ??= setTimeout(() => void flushQuietly(), FLUSH_MS).unref();
  }

  async function flushQuietly(): Promise<void> {
    await flush().catch((error: unknown) => log.warn({ error: errorText(error) }, 'failed sign-ins not recorded'));
  }

  /** Writes what was recorded so far. */
  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (pending.size === 0) return;
    const failures = [...pending.values()];
    pending.clear();
    await db.transaction().execute(async (transaction) => {
      for (const failure of failures) await upsert(transaction, failure);
      await prune(transaction, now() - KEEP_MS);
    });
    bus.publish({ kind: 'audited', action: 'session.fail' });
  }

  /** Newest first, including what is not written yet: flushes before it reads. */
  async function list({ actor, after, limit }: FailedSignInQuery) {
    await flush();
    let query = db.selectFrom('failed_sign_ins').selectAll().orderBy('last_at', 'desc').orderBy('id', 'desc');
    if (actor !== undefined) query = query.where('actor', '=', actor);
    if (after !== undefined) query = query.offset(after);
    const found = await query.limit(limit + 1).execute();
    const rows = found.slice(0, limit).map(toFailedSignIns);
    return { rows, next: found.length > limit ? (after ?? 0) + limit : undefined };
  }

  return { record, flush, list };
}
export type FailedSignInStore = ReturnType<typeof createFailedSignIns>;

function toFailedSignIns(row: Selectable<FailedSignInsTable>): FailedSignIns {
  const { id, actor, address, reason, count, first_at: firstAt, last_at: lastAt } = row;
  return { id, actor, address, reason, count, firstAt, lastAt };
}

async function upsert(db: Database, { firstAt, lastAt, ...failure }: Pending): Promise<void> {
  await db
    .insertInto('failed_sign_ins')
    .values({ ...failure, first_at: firstAt, last_at: lastAt })
    .onConflict((conflict) =>
      conflict.columns(['actor', 'address', 'reason']).doUpdateSet((set) => ({
        count: set('failed_sign_ins.count', '+', failure.count),
        last_at: lastAt,
      })),
    )
    .execute();
}

/** Deletes rows older than 30 days, and the oldest beyond 2000. */
async function prune(db: Database, before: number): Promise<void> {
  const newest = db.selectFrom('failed_sign_ins').select(['last_at', 'id']);
  const cut = await newest
    .orderBy('last_at', 'desc')
    .orderBy('id', 'desc')
    .offset(MAX_ROWS)
    .limit(1)
    .executeTakeFirst();
  const rows = db.deleteFrom('failed_sign_ins');
  await rows.where('last_at', '<', before).execute();
  if (cut === undefined) return;
  await rows
    .where((where) =>
      where.or([
        where('last_at', '<', cut.last_at),
        where.and([where('last_at', '=', cut.last_at), where('id', '<=', cut.id)]),
      ]),
    )
    .execute();
}
