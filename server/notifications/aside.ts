import { type Selectable, sql } from 'kysely';
import { type Actor, auditActor, requireAdmin } from '../access/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { isRowId, MAX_ID } from '../storage/row-id.ts';
import type { EnvelopesTable } from '../storage/schema.ts';
import { deleteQuarantined, emptyQuarantined } from './envelope-writes.ts';

/** An envelope that was not understood, or only in part. */
export interface SetAside {
  readonly id: number;
  readonly receivedAt: number;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly verified: boolean;
  readonly source: string;
  readonly reason: string;
  /** Events of it that were understood. */
  readonly eventCount: number;
  /** Its beginning. */
  readonly text: string;
}

const MAX_TEXT_BYTES = 4096;
const COLUMNS = [
  'id',
  'received_at',
  'media_type',
  'size_bytes',
  'verified',
  'source',
  'error',
  'event_count',
] as const;

/** Notifications that could not be read: for people to look at and to let go. */
export function createAside(db: Database, audit: Pick<Audit, 'record'>) {
  return {
    /** The latest first. @param before `next` of the page before. */
    async list({ before, limit }: { before?: number | undefined; limit: number }) {
      const found = await described(db)
        .$if(before !== undefined, (query) =>
          query.where('id', '<', Math.trunc(Math.max(0, Math.min(before ?? 0, MAX_ID)))),
        )
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const rows = found.slice(0, limit).map(toSetAside);
      return { rows, next: found.length > limit ? rows.at(-1)?.id : undefined };
    },

    async find(id: number): Promise<SetAside | undefined> {
      if (!isRowId(id)) return undefined;
      const row = await described(db).where('id', '=', id).executeTakeFirst();
      return row && toSetAside(row);
    },

    /** All of it that was kept, as it came. */
    async body(id: number): Promise<Buffer | undefined> {
      if (!isRowId(id)) return undefined;
      const all = db.selectFrom('envelopes').select('body').where('state', '=', 'quarantined');
      return (await all.where('id', '=', id).executeTakeFirst())?.body;
    },

    /** @throws {AppError} DENIED for anybody but admins, NOT_FOUND when it is gone already. */
    async dismiss(actor: Actor, id: number): Promise<void> {
      requireAdmin(actor);
      const row = isRowId(id) ? await remove(db, id) : undefined;
      if (row === undefined) throw new AppError('NOT_FOUND', 'This notification is gone.', { key: 'asideGone' });
      const detail = { error: row.error ?? '', bytes: row.size_bytes };
      const entry = { ...auditActor(actor), action: 'event.dismiss', object: String(id) } as const;
      await audit.record({ ...entry, outcome: 'ok', detail });
    },
  };
}
export type Aside = ReturnType<typeof createAside>;

/** What was read of an unverified one goes with the limit of these: the row stays for it, without its body. */
async function remove(db: Database, id: number) {
  const isAside = db.selectFrom('envelopes').where('id', '=', id).where('state', '=', 'quarantined');
  const row = await isAside.select(['error', 'size_bytes', 'verified', 'event_count']).executeTakeFirst();
  if (row === undefined) return undefined;
  const isCounted = row.verified === 0 && row.event_count > 0;
  const isGone = await (isCounted ? emptyQuarantined(db, id) : deleteQuarantined(db, id));
  return isGone ? row : undefined;
}

function described(db: Database) {
  return (
    db
      .selectFrom('envelopes')
      .select(COLUMNS)
      // SQLite has no beginning of an empty body.
      .select(sql<Buffer | null>`substr(body, 1, ${sql.lit(MAX_TEXT_BYTES)})`.as('head'))
      .where('state', '=', 'quarantined')
  );
}

type DescribedRow = Pick<Selectable<EnvelopesTable>, (typeof COLUMNS)[number]> & { readonly head: Buffer | null };

function toSetAside(row: DescribedRow): SetAside {
  return {
    id: row.id,
    receivedAt: row.received_at,
    mediaType: row.media_type,
    sizeBytes: row.size_bytes,
    verified: row.verified === 1,
    source: row.source,
    reason: row.error ?? '',
    eventCount: row.event_count,
    text: row.head === null ? '' : readable(row.head),
  };
}

/** Whatever it is, it is shown as text: without what would move a cursor or turn the line. */
function readable(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/[^\P{C}\n\t]/gu, '\u{fffd}');
}
