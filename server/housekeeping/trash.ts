import type { Selectable } from 'kysely';
import { manifestSize } from '../catalog/manifests/manifest-lookup.ts';
import type { Database } from '../storage/database.ts';
import type { ManifestKind, TrashTable } from '../storage/schema.ts';

export interface TrashItem {
  readonly id: number;
  readonly repository: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly kind: ManifestKind;
  /** Size of the manifest itself. */
  readonly sizeBytes: number;
  /** Size of config and layers, each once; of an index: of everything that it lists. */
  readonly contentBytes: number;
  readonly tags: readonly string[];
  readonly deletedAt: number;
  readonly deletedBy: string;
  readonly restoredAt: number | undefined;
  readonly restoredBy?: string | undefined;
  /** When the registry refused to take it back because its layers are gone; epoch milliseconds. */
  readonly unrestorableAt: number | undefined;
}

export interface TrashedManifest extends TrashItem {
  readonly raw: Buffer;
}

export interface TrashEntry {
  readonly repository: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly raw: Buffer;
  /** Tags that pointed to it; empty when it was deleted by digest. */
  readonly tags: readonly string[];
  readonly deletedBy: string;
  /** The first entry of the same deletion. */
  readonly batchId?: number | undefined;
  /** Trash ID of the entry that it was deleted with because only that needed it. */
  readonly partOf?: number | undefined;
}

const MAX_ROWS = 100;
const MAX_RESTORED = 10_000;
const MAX_BATCH = 10_000;
const PURGED_AT_ONCE = 100;

/**
 * Writes the table `trash`; `trash-list.ts` reads it for people. Only manifests are stored; blobs remain in the
 * registry until garbage collection.
 */
export function createTrash(db: Database, now: () => number) {
  return {
    async add(item: TrashEntry): Promise<number> {
      const { id } = await db
        .insertInto('trash')
        .values({
          ...{ repository: item.repository, digest: item.digest, media_type: item.mediaType, raw: item.raw },
          ...{ tags: JSON.stringify(item.tags), deleted_at: now(), deleted_by: item.deletedBy },
          ...{ batch_id: item.batchId ?? null, part_of: item.partOf ?? null },
          ...(await contentOf(db, item.digest)),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },
    async get(id: number): Promise<TrashedManifest | undefined> {
      const row = await db.selectFrom('trash').selectAll().where('id', '=', id).executeTakeFirst();
      return row && { ...toItem({ ...row, size: row.raw.length }), raw: row.raw };
    },
    /** The newest entry of a manifest. */
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
    /** Newest first, without restored entries and parts of other entries. */
    async list(repository?: string, before?: number): Promise<readonly TrashItem[]> {
      const rows = await db
        .selectFrom('trash')
        .select(TRASH_COLUMNS)
        .select((each) => each.fn<number>('length', ['raw']).as('size'))
        .where('restored_at', 'is', null)
        .where('part_of', 'is', null)
        .$if(repository !== undefined, (query) => query.where('repository', '=', repository ?? ''))
        .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
        .orderBy('id', 'desc')
        .limit(MAX_ROWS)
        .execute();
      return rows.map(toItem);
    },
    /** Entries of the same deletion that are still in the trash; oldest first. */
    async batchOf(id: number): Promise<readonly TrashItem[]> {
      const own = await db.selectFrom('trash').select('batch_id').where('id', '=', id).executeTakeFirst();
      const first = own?.batch_id ?? id;
      const rows = await db
        .selectFrom('trash')
        .select(TRASH_COLUMNS)
        .select((each) => each.fn<number>('length', ['raw']).as('size'))
        .where((where) => where.or([where('id', '=', first), where('batch_id', '=', first)]))
        .where('part_of', 'is', null)
        .where('restored_at', 'is', null)
        .orderBy('id')
        .limit(MAX_BATCH)
        .execute();
      return rows.map(toItem);
    },
    /** Entries that were deleted because only this one needed them. */
    async partsOf(id: number): Promise<readonly number[]> {
      const rows = await db
        .selectFrom('trash')
        .select('id')
        .where('part_of', '=', id)
        .where('restored_at', 'is', null)
        .orderBy('id', 'desc')
        .limit(MAX_BATCH)
        .execute();
      return rows.map((row) => row.id);
    },
    /** Deletes entries older than this moment. @param before Epoch milliseconds. */
    async purge(before: number): Promise<void> {
      for (;;) {
        const old = await db
          .selectFrom('trash')
          .select('id')
          .where('deleted_at', '<', before)
          .limit(PURGED_AT_ONCE)
          .execute();
        if (old.length === 0) return;
        const ids = old.map((row) => row.id);
        await db.deleteFrom('trash').where('id', 'in', ids).execute();
        await new Promise(setImmediate);
      }
    },
    /** Updates the tags of an entry. */
    async setTags(id: number, tags: readonly string[]): Promise<void> {
      await db
        .updateTable('trash')
        .set({ tags: JSON.stringify(tags) })
        .where('id', '=', id)
        .execute();
    },
    /** Removes the entry of a deletion that did not happen. */
    async remove(id: number): Promise<void> {
      await db.deleteFrom('trash').where('id', '=', id).execute();
    },
    async markRestored(id: number, restoredBy: string): Promise<void> {
      await db.updateTable('trash').set({ restored_at: now(), restored_by: restoredBy }).where('id', '=', id).execute();
    },
    /** Entries restored since then: the registry reports each as a push by us. */
    async restoredSince(at: number): Promise<readonly Omit<TrashItem, 'sizeBytes'>[]> {
      const rows = await db
        .selectFrom('trash')
        .select(TRASH_COLUMNS)
        .where('restored_at', '>=', at)
        .orderBy('id', 'desc')
        .limit(MAX_RESTORED)
        .execute();
      return rows.map((row) => toItem({ ...row, size: 0 }));
    },
    async markUnrestorable(id: number): Promise<void> {
      await db.updateTable('trash').set({ unrestorable_at: now() }).where('id', '=', id).execute();
    },
  };
}
export type Trash = ReturnType<typeof createTrash>;

/** Stored in the entry, because the index forgets manifests that the registry no longer has. */
async function contentOf(db: Database, digest: string) {
  const size = await manifestSize(db, digest);
  return size === undefined ? {} : { kind: size.kind, content_bytes: size.contentBytes };
}

/** All columns except the manifest itself. */
export const TRASH_COLUMNS = [
  'id',
  'repository',
  'digest',
  'media_type',
  'tags',
  'deleted_at',
  'deleted_by',
  'restored_at',
  'restored_by',
  'unrestorable_at',
  'kind',
  'content_bytes',
] as const;

type TrashRow = Pick<Selectable<TrashTable>, (typeof TRASH_COLUMNS)[number]> & { readonly size: number };

export function toItem(row: TrashRow): TrashItem {
  return {
    id: row.id,
    repository: row.repository,
    digest: row.digest,
    mediaType: row.media_type,
    kind: row.kind,
    sizeBytes: row.size,
    contentBytes: row.content_bytes,
    tags: JSON.parse(row.tags) as string[],
    deletedAt: row.deleted_at,
    deletedBy: row.deleted_by,
    restoredAt: row.restored_at ?? undefined,
    restoredBy: row.restored_by ?? undefined,
    unrestorableAt: row.unrestorable_at ?? undefined,
  };
}
