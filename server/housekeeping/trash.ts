import type { Selectable } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { TrashTable } from '../storage/schema.ts';

export interface TrashItem {
  readonly id: number;
  readonly repository: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly tags: readonly string[];
  readonly deletedAt: number;
  readonly deletedBy: string;
  readonly restoredAt: number | undefined;
  readonly restoredBy?: string | undefined;
}

export interface TrashedManifest extends TrashItem {
  readonly raw: Buffer;
}

const MOST_ROWS = 100;
const MOST_RESTORED = 10_000;

/** Everything that reads or writes the `trash` table. Only manifests are kept; blobs stay until garbage collection. */
export function createTrash(db: Database, now: () => number) {
  return {
    /** @param list tags that pointed to it; empty when it was deleted by digest. */
    async add(item: {
      repository: string;
      digest: string;
      mediaType: string;
      raw: Buffer;
      tags: readonly string[];
      deletedBy: string;
    }): Promise<number> {
      const { id } = await db
        .insertInto('trash')
        .values({
          repository: item.repository,
          digest: item.digest,
          media_type: item.mediaType,
          raw: item.raw,
          tags: JSON.stringify(item.tags),
          deleted_at: now(),
          deleted_by: item.deletedBy,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },
    async get(id: number): Promise<TrashedManifest | undefined> {
      const row = await db.selectFrom('trash').selectAll().where('id', '=', id).executeTakeFirst();
      return row && { ...toItem({ ...row, size: row.raw.length }), raw: row.raw };
    },
    /** The newest copy of a manifest. */
    async find(repository: string, digest: string): Promise<TrashedManifest | undefined> {
      const row = await db
        .selectFrom('trash')
        .selectAll()
        .where('repository', '=', repository)
        .where('digest', '=', digest)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && { ...toItem({ ...row, size: row.raw.length }), raw: row.raw };
    },
    /** Newest first, without what was restored. */
    async list(repository?: string, before?: number): Promise<readonly TrashItem[]> {
      const rows = await db
        .selectFrom('trash')
        .select(['id', 'repository', 'digest', 'media_type', 'tags', 'deleted_at', 'deleted_by'])
        .select(['restored_at', 'restored_by'])
        .select((each) => each.fn<number>('length', ['raw']).as('size'))
        .where('restored_at', 'is', null)
        .$if(repository !== undefined, (query) => query.where('repository', '=', repository ?? ''))
        .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
        .orderBy('id', 'desc')
        .limit(MOST_ROWS)
        .execute();
      return rows.map(toItem);
    },
    /** More tags pointed to it. */
    async setTags(id: number, tags: readonly string[]): Promise<void> {
      await db
        .updateTable('trash')
        .set({ tags: JSON.stringify(tags) })
        .where('id', '=', id)
        .execute();
    },
    /** For a deletion that did not come about. */
    async remove(id: number): Promise<void> {
      await db.deleteFrom('trash').where('id', '=', id).execute();
    },
    async markRestored(id: number, restoredBy: string): Promise<void> {
      await db.updateTable('trash').set({ restored_at: now(), restored_by: restoredBy }).where('id', '=', id).execute();
    },
    /** What was put back lately: the registry reports each as a push of ours. */
    async restoredSince(at: number): Promise<readonly Omit<TrashItem, 'sizeBytes'>[]> {
      const rows = await db
        .selectFrom('trash')
        .select(['id', 'repository', 'digest', 'media_type', 'tags', 'deleted_at', 'deleted_by'])
        .select(['restored_at', 'restored_by'])
        .where('restored_at', '>=', at)
        .orderBy('id', 'desc')
        .limit(MOST_RESTORED)
        .execute();
      return rows.map((row) => toItem({ ...row, size: 0 }));
    },
  };
}
export type Trash = ReturnType<typeof createTrash>;

function toItem(row: Omit<Selectable<TrashTable>, 'raw'> & { size: number }): TrashItem {
  return {
    id: row.id,
    repository: row.repository,
    digest: row.digest,
    mediaType: row.media_type,
    sizeBytes: row.size,
    tags: JSON.parse(row.tags) as string[],
    deletedAt: row.deleted_at,
    deletedBy: row.deleted_by,
    restoredAt: row.restored_at ?? undefined,
    restoredBy: row.restored_by ?? undefined,
  };
}
