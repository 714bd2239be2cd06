import { sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { isVisible, type Visibility } from '../visibility/visibility.ts';

/**
 * What garbage collection can free once these manifests are gone from the repository: their blobs that no other manifest
 * uses, each once, and they themselves. Only repositories that the viewer may see count as users of a blob: the size must
 * not tell whether a hidden one has it.
 */
export async function freedBytes(
  db: Database,
  seen: Visibility,
  repositoryId: number,
  digests: readonly string[],
): Promise<number> {
  if (digests.length === 0) return 0;
  const goes = (column: string) => isAmong(db, sql.ref(column), digests);
  const isSeen = isVisible(seen, 'held.repository_id');
  const stays = sql`(not (${goes('held.digest')}) or held.repository_id <> ${repositoryId}) and ${isSeen}`;
  const { rows } = await sql<{ bytes: number | null }>`
    select sum(size_bytes) as bytes from (
      select mine.blob_digest, max(mine.size_bytes) as size_bytes
      from manifest_blobs as mine where ${goes('mine.digest')}
        and not exists (
          select 1 from manifest_blobs as other join held_manifests as held on held.digest = other.digest
          where other.blob_digest = mine.blob_digest and ${stays})
      group by mine.blob_digest
      union all
      select manifests.digest, length(manifests.raw)
      from manifests where ${goes('manifests.digest')}
        and not exists (
          select 1 from held_manifests as held where held.digest = manifests.digest and ${stays})
    ) as freed`.execute(db);
  return Number(rows[0]?.bytes ?? 0);
}
