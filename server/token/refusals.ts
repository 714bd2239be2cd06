import type { Selectable } from 'kysely';
import type { Bus } from '../bus/bus.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import type { SubjectKind, TokenRefusalsTable } from '../storage/schema.ts';

/** A token request in which some actions were not granted. */
export interface Refusal {
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  readonly address: string;
  /** A repository, or `registry:catalog`. */
  readonly repository: string;
  readonly asked: readonly string[];
  readonly missing: readonly string[];
  /** The client's `client_id`, or its `User-Agent`. */
  readonly client: string;
}

export interface RecordedRefusal extends Refusal {
  readonly id: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

export interface RefusalCursor {
  readonly lastAt: number;
  readonly id: number;
}

export interface RefusalQuery {
  readonly subject?: string;
  readonly repository?: string;
  /** `next` of the page before. */
  readonly after?: RefusalCursor;
  readonly limit: number;
}

export interface RefusalsOptions {
  readonly now: () => number;
  readonly log: Logger;
  /** `tokens-refused` is published after each flush. */
  readonly bus: Pick<Bus, 'publish'>;
}

const FLUSH_MS = 2000;
const MAX_PENDING = 500;
const MAX_CLIENT_LENGTH = 200;
// Separate limits, so that anonymous requests cannot evict those of people with an account.
const MAX_ROWS = { anonymous: 1000, known: 4000 } as const;

type Pending = Refusal & { count: number; firstAt: number; lastAt: number };

/**
 * Table `token_refusals`. Written after the request: repetitions are counted in memory and flushed together after 2 s.
 * Beyond 500 different refusals waiting, further ones are dropped.
 */
export function createRefusals(db: Database, { now, log, bus }: RefusalsOptions) {
  const pending = new Map<string, Pending>();
  let timer: NodeJS.Timeout | undefined;

  function record(refusal: Refusal): void {
    const key = [refusal.subjectKind, refusal.subject, refusal.address, refusal.repository, refusal.missing].join('\n');
    const known = pending.get(key);
    if (known === undefined && pending.size >= MAX_PENDING) return;
    const count = (known?.count ?? 0) + 1;
    pending.set(key, { ...refusal, count, firstAt: known?.firstAt ?? now(), lastAt: now() });
    timer ??= setTimeout(() => void flushQuietly(), FLUSH_MS).unref();
  }

  async function flushQuietly(): Promise<void> {
    await flush().catch((error: unknown) =>
      log.warn({ error: errorText(error) }, 'refused token requests not recorded'),
    );
  }

  /** Writes what was recorded so far. */
  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (pending.size === 0) return;
    const rows = [...pending.values()].map(toRow);
    pending.clear();
    await db.transaction().execute(async (transaction) => {
      for (const row of rows) await upsert(transaction, row);
      await prune(transaction, true);
      await prune(transaction, false);
    });
    bus.publish({ kind: 'tokens-refused', subjects: [...new Set(rows.map((row) => row.subject))] });
  }

  /** Newest first, including what is not written yet. */
  async function list({ subject, repository, after, limit }: RefusalQuery) {
    await flush();
    let query = db.selectFrom('token_refusals').selectAll().orderBy('last_at', 'desc').orderBy('id', 'desc');
    if (subject !== undefined) query = query.where('subject', '=', subject);
    if (repository !== undefined) query = query.where('repository', '=', repository);
    if (after !== undefined) {
      query = query.where((where) =>
        where.or([
          where('last_at', '<', after.lastAt),
          where.and([where('last_at', '=', after.lastAt), where('id', '<', after.id)]),
        ]),
      );
    }
    const found = (await query.limit(limit + 1).execute()).map(toRefusal);
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    const next = found.length > limit && last !== undefined ? { lastAt: last.lastAt, id: last.id } : undefined;
    return { rows, next };
  }

  async function find(id: number): Promise<RecordedRefusal | undefined> {
    const row = await db.selectFrom('token_refusals').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toRefusal(row);
  }

  const ofUser = (username: string) => ({ subject_kind: 'user' as const, subject: username });

  async function countOf(username: string): Promise<number> {
    await flush();
    const row = await db
      .selectFrom('token_refusals')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where((where) => where.and(ofUser(username)))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  /** Deletes the rows of a removed account: nobody is left to grant something to. */
  async function forget(username: string): Promise<void> {
    await flush();
    await db
      .deleteFrom('token_refusals')
      .where((where) => where.and(ofUser(username)))
      .execute();
  }

  return { record, flush, list, find, countOf, forget };
}
export type Refusals = ReturnType<typeof createRefusals>;

function toRow(refusal: Pending): Omit<Selectable<TokenRefusalsTable>, 'id'> {
  return {
    first_at: refusal.firstAt,
    last_at: refusal.lastAt,
    count: refusal.count,
    subject: refusal.subject,
    subject_kind: refusal.subjectKind,
    address: refusal.address,
    repository: refusal.repository,
    asked: [...refusal.asked].sort().join(','),
    missing: [...refusal.missing].sort().join(','),
    client: refusal.client.slice(0, MAX_CLIENT_LENGTH),
  };
}

function toRefusal(row: Selectable<TokenRefusalsTable>): RecordedRefusal {
  return {
    id: row.id,
    firstAt: row.first_at,
    lastAt: row.last_at,
    count: row.count,
    subject: row.subject,
    subjectKind: row.subject_kind,
    address: row.address,
    repository: row.repository,
    asked: row.asked.split(','),
    missing: row.missing.split(','),
    client: row.client,
  };
}

async function upsert(db: Database, row: ReturnType<typeof toRow>): Promise<void> {
  await db
    .insertInto('token_refusals')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['subject_kind', 'subject', 'address', 'repository', 'missing']).doUpdateSet((set) => ({
        count: set('token_refusals.count', '+', row.count),
        last_at: row.last_at,
        asked: row.asked,
        client: row.client,
      })),
    )
    .execute();
}

async function prune(db: Database, anonymous: boolean): Promise<void> {
  const operator = anonymous ? '=' : '!=';
  const cut = await db
    .selectFrom('token_refusals')
    .select(['last_at', 'id'])
    .where('subject_kind', operator, 'anonymous')
    .orderBy('last_at', 'desc')
    .orderBy('id', 'desc')
    .offset(anonymous ? MAX_ROWS.anonymous : MAX_ROWS.known)
    .limit(1)
    .executeTakeFirst();
  if (cut === undefined) return;
  await db
    .deleteFrom('token_refusals')
    .where('subject_kind', operator, 'anonymous')
    .where((where) =>
      where.or([
        where('last_at', '<', cut.last_at),
        where.and([where('last_at', '=', cut.last_at), where('id', '<=', cut.id)]),
      ]),
    )
    .execute();
}
