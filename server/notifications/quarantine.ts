import { type Selectable, sql } from 'kysely';
import { type Actor, auditActor, requireAdmin } from '../access/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { isRowId, MAX_ID } from '../storage/row-id.ts';
import type { EnvelopesTable } from '../storage/schema.ts';
import { deleteQuarantined, emptyQuarantined } from './envelope-writes.ts';

/** An envelope that could not be parsed, or only in part. */
export interface QuarantinedEnvelope {
  readonly id: number;
  readonly receivedAt: number;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly verified: boolean;
  readonly source: string;
  readonly reason: string;
  /** Number of its events that could be parsed. */
  readonly eventCount: number;
  /** The first 4096 bytes, as printable text. */
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

/** Notifications that could not be parsed, for admins to inspect and dismiss. */
export function createQuarantine(db: Database, audit: Pick<Audit, 'record'>) {
  return {
    /** Newest first. @param before `next` of the page before. */
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

    async find(id: number): Promise<QuarantinedEnvelope | undefined> {
      if (!isRowId(id)) return undefined;
      const row = await described(db).where('id', '=', id).executeTakeFirst();
      return row && toSetAside(row);
    },

    /** The stored bytes, unchanged. */
    async body(id: number): Promise<Buffer | undefined> {
      if (!isRowId(id)) return undefined;
      const all = db.selectFrom('envelopes').select('body').where('state', '=', 'quarantined');
      return (await all.where('id', '=', id).executeTakeFirst())?.body;
    },

    /**
     * Deletes it and writes the audit entry.
     * @throws {AppError} DENIED for anybody but admins, NOT_FOUND when it is gone already.
     */
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
export type Quarantine = ReturnType<typeof createQuarantine>;

/**
 * An unverified envelope with parsed events stays as a row without a body, because the limit for unverified events
 * counts by envelope.
 */
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
      // On SQLite, substr of an empty body is null.
      .select(sql<Buffer | null>`substr(body, 1, ${sql.lit(MAX_TEXT_BYTES)})`.as('head'))
      .where('state', '=', 'quarantined')
  );
}

type DescribedRow = Pick<Selectable<EnvelopesTable>, (typeof COLUMNS)[number]> & { readonly head: Buffer | null };

function toSetAside(row: DescribedRow): QuarantinedEnvelope {
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

/** Replaces control and bidirectional characters, so that any content can be shown as text. */
function readable(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/[^\P{C}\n\t]/gu, '\u{fffd}');
}
