import { sql } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import { AppError } from '../errors.ts';
import type { Database } from '../storage/database.ts';

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

/** Notifications that could not be read: for people to look at and to let go. */
export function createAside(db: Database, audit: Pick<Audit, 'record'>) {
  return {
    /** The latest first. @param before `next` of the page before. */
    async list({ before, limit }: { before?: number | undefined; limit: number }) {
      const found = await db
        .selectFrom('envelopes')
        .select(['id', 'received_at', 'media_type', 'size_bytes', 'verified', 'source', 'error', 'event_count'])
        .select(sql<Buffer>`substr(body, 1, ${sql.lit(MAX_TEXT_BYTES)})`.as('head'))
        .where('state', '=', 'quarantined')
        .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const rows = found.slice(0, limit).map(
        (row): SetAside => ({
          id: row.id,
          receivedAt: row.received_at,
          mediaType: row.media_type,
          sizeBytes: row.size_bytes,
          verified: row.verified === 1,
          source: row.source,
          reason: row.error ?? '',
          eventCount: row.event_count,
          text: readable(row.head),
        }),
      );
      return { rows, next: found.length > limit ? rows.at(-1)?.id : undefined };
    },

    /** @throws {AppError} NOT_FOUND when it is gone already. */
    async dismiss(id: number, who: { actor: string; address: string }): Promise<void> {
      const row = await db
        .deleteFrom('envelopes')
        .where('id', '=', id)
        .where('state', '=', 'quarantined')
        .returning(['error', 'size_bytes'])
        .executeTakeFirst();
      if (row === undefined) throw new AppError('NOT_FOUND', 'This notification is gone.', { key: 'asideGone' });
      const detail = { error: row.error ?? '', bytes: row.size_bytes };
      await audit.record({ ...who, action: 'event.dismiss', object: String(id), outcome: 'ok', detail });
    },
  };
}
export type Aside = ReturnType<typeof createAside>;

/** Whatever it is, it is shown as text: without what would move a cursor or turn the line. */
function readable(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/[^\P{C}\n\t]/gu, '\u{fffd}');
}
