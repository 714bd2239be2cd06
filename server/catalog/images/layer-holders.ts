import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { decodeCursor, encodeCursor, rowLimit } from '../base/cursor.ts';
import { MAX_EXAMINED, seesFewRepositories } from '../manifests/sharing.ts';
import { isVisible, type Visibility } from '../visibility/visibility.ts';

/** A repository with a layer. */
export interface LayerHolder {
  readonly repository: string;
  /** Number of its images with the layer. */
  readonly imageCount: number;
  /** The newest of them; empty when only older images have it. */
  readonly images: readonly HolderImage[];
}

export interface HolderImage {
  readonly digest: string;
  /** Its highest tag; '' without one. */
  readonly tag: string;
  readonly platforms: readonly string[];
}

export interface HolderPage {
  /** Possibly fewer than requested, even none, although more follow: hidden repositories are skipped. */
  readonly rows: readonly LayerHolder[];
  readonly next: string | undefined;
}

export interface LayerHolders extends HolderPage {
  readonly sizeBytes: number;
}

export interface HoldersQuery {
  readonly after?: string | undefined;
  /** At most 100. */
  readonly limit: number;
}

/** Visible repositories with this layer. @returns undefined for an unknown blob. */
export async function layerHolders(
  db: Database,
  seen: Visibility,
  layer: string,
  { after, limit: asked }: HoldersQuery,
): Promise<HolderPage | undefined> {
  const blob = await db.selectFrom('blobs').select('id').where('digest', '=', layer).executeTakeFirst();
  if (blob === undefined) return undefined;
  const limit = rowLimit(asked);
  const start = Number(decodeCursor(after)?.value ?? 0) || 0;
  const { rows, last } = await pageOfHolders(db, seen, blob.id, start, limit);
  const holders: LayerHolder[] = [];
  for (const row of rows) {
    const images = await imagesWith(db, row.repository_id, layer);
    holders.push({ repository: row.name, imageCount: Number(row.images), images });
  }
  const next = last === undefined ? undefined : encodeCursor({ value: last, key: '' });
  return { rows: holders, next };
}

interface HolderRow {
  readonly repository_id: number;
  readonly images: number;
  readonly name: string;
}

/** @returns `last`: pass it for the next page; undefined at the end. */
async function pageOfHolders(
  db: Database,
  seen: Visibility,
  blobId: number,
  start: number,
  limit: number,
): Promise<{ rows: readonly HolderRow[]; last: number | undefined }> {
  if (await seesFewRepositories(db, seen)) {
    const found = await sql<HolderRow>`
      select held.repository_id, repositories.name, held.tagged_count + held.untagged_count as images
      from visible_repositories as seen cross join repository_blobs as held cross join repositories
      where seen.visibility_id = ${seen.id} and seen.repository_id > ${start}
        and held.repository_id = seen.repository_id and held.blob_id = ${blobId}
        and repositories.id = held.repository_id
      order by seen.repository_id limit ${limit + 1}`.execute(db);
    const rows = found.rows.slice(0, limit);
    return { rows, last: found.rows.length > limit ? rows.at(-1)?.repository_id : undefined };
  }
  const passed = await sql<HolderRow & { seen: number }>`
    select held.repository_id, repositories.name, images,
      case when ${isVisible(seen, 'held.repository_id')} then 1 else 0 end as seen
    from (${examined(blobId, start, seen.all ? limit + 1 : MAX_EXAMINED)}) as held
      join repositories on repositories.id = held.repository_id
    order by held.repository_id`.execute(db);
  const visible = passed.rows.filter((row) => Number(row.seen) === 1);
  const rows = visible.slice(0, limit);
  if (visible.length > limit) return { rows, last: rows.at(-1)?.repository_id };
  const isEnd = passed.rows.length < (seen.all ? limit + 1 : MAX_EXAMINED);
  return { rows, last: isEnd ? undefined : passed.rows.at(-1)?.repository_id };
}

const IMAGES_SHOWN = 3;
const IMAGES_EXAMINED = 100;

/** Only among the newest images of a repository. */
async function imagesWith(db: Database, repositoryId: number, layer: string): Promise<readonly HolderImage[]> {
  const newest = (state: string) => sql`select * from (select digest, tag_name, platforms, aged_at from held_manifests
    where repository_id = ${repositoryId} and state = ${state} order by aged_at desc, id desc limit ${IMAGES_EXAMINED}) as ${sql.ref(state)}`;
  const found = await sql<{ digest: string; tag_name: string; platforms: string }>`
    select digest, tag_name, platforms from (${newest('tagged')} union all ${newest('child')}) as held
    where exists (select 1 from manifest_blobs as own where own.digest = held.digest and own.blob_digest = ${layer})
    order by aged_at desc, digest limit ${IMAGES_SHOWN}`.execute(db);
  return found.rows.map((row) => ({
    digest: row.digest,
    tag: row.tag_name,
    platforms: JSON.parse(row.platforms) as string[],
  }));
}

function examined(blobId: number, after: number, limit: number) {
  return sql`select repository_id, tagged_count + untagged_count as images from repository_blobs
    where blob_id = ${blobId} and repository_id > ${after} order by repository_id limit ${limit}`;
}
