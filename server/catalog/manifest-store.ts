import { sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { ManifestRecord } from './manifest-record.ts';

// Well below the number of parameters that one statement may have.
const ROWS_AT_ONCE = 500;

/** Stores what was fetched; children come before the indexes that list them. For a transaction. */
export async function saveManifests(trx: Database, records: readonly ManifestRecord[], at: number): Promise<void> {
  for (const record of records) await saveManifest(trx, record, at);
}

async function saveManifest(trx: Database, record: ManifestRecord, at: number): Promise<void> {
  const row = toColumns(record, at);
  await trx
    .insertInto('manifests')
    .values({ digest: record.digest, ...row })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
    .execute();
  await replaceBlobs(trx, record);
  await replaceChildren(trx, record);
  if (record.children.length > 0) await sumUpIndex(trx, record);
}

function toColumns(record: ManifestRecord, at: number) {
  const sizes = new Map(record.blobs.map((blob) => [blob.blob_digest, blob.size_bytes]));
  return {
    media_type: record.mediaType,
    kind: record.kind,
    artifact_type: record.artifactType,
    raw: record.raw,
    config_digest: record.configDigest,
    config: record.config,
    subject_digest: record.subjectDigest,
    created_at: record.createdAt,
    total_bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    platforms: JSON.stringify(record.platforms),
    annotations: JSON.stringify(record.annotations),
    fetched_at: at,
    error: record.error,
  };
}

async function replaceBlobs(trx: Database, { digest, blobs }: ManifestRecord): Promise<void> {
  await trx.deleteFrom('manifest_blobs').where('digest', '=', digest).execute();
  const rows = blobs.map((blob, position) => ({ digest, position, ...blob }));
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await trx
      .insertInto('manifest_blobs')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .execute();
  }
}

async function replaceChildren(trx: Database, { digest, children }: ManifestRecord): Promise<void> {
  await trx.deleteFrom('manifest_children').where('parent_digest', '=', digest).execute();
  const rows = children.map((child, position) => ({ parent_digest: digest, position, ...child }));
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await trx
      .insertInto('manifest_children')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .execute();
  }
}

/** An index is as large as all its images together, each blob once, and as new as the newest of them. */
async function sumUpIndex(trx: Database, { digest, createdAt }: ManifestRecord): Promise<void> {
  const found = await sql<{ bytes: number | null; created: number | null }>`
    ${withClosure(sql`select ${digest}`)}
    select (select sum(size_bytes) from (select max(size_bytes) as size_bytes from manifest_blobs
        where digest in (select digest from closure) group by blob_digest) as blobs) as bytes,
      (select max(created_at) from manifests where digest in (select digest from closure)) as created`.execute(trx);
  const { bytes = 0, created = null } = found.rows[0] ?? {};
  await trx
    .updateTable('manifests')
    .set({ total_bytes: Number(bytes ?? 0), created_at: createdAt ?? created })
    .where('digest', '=', digest)
    .execute();
}

/** `with recursive closure(digest)`: what `roots` selects, and every manifest that is listed below. */
export function withClosure(roots: ReturnType<typeof sql>) {
  return sql`with recursive closure(digest) as (
    ${roots}
    union select child_digest from manifest_children join closure on parent_digest = closure.digest)`;
}

/** The manifests that are stored without anything missing; the others are worth another request. */
export async function completeManifests(db: Database, digests: readonly string[]): Promise<ReadonlySet<string>> {
  if (digests.length === 0) return new Set();
  const rows = await db
    .selectFrom('manifests')
    .select('digest')
    .where('digest', 'in', digests)
    .where('error', 'is', null)
    .execute();
  return new Set(rows.map((row) => row.digest));
}

/** The bytes of a manifest or configuration that some repository already gave us. */
export async function storedRaw(db: Database, digest: string): Promise<{ mediaType: string; raw: Buffer } | undefined> {
  const row = await db
    .selectFrom('manifests')
    .select(['media_type', 'raw'])
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row?.raw ? { mediaType: row.media_type, raw: row.raw } : undefined;
}

export async function storedConfig(db: Database, configDigest: string): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('manifests')
    .select('config')
    .where('config_digest', '=', configDigest)
    .where('config', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row?.config ?? undefined;
}

/** Notes that a repository holds a manifest and what it lists, as far as that was found. For a transaction. */
export async function linkManifest(trx: Database, repositoryId: number, digest: string, at: number): Promise<void> {
  await sql`insert into held_manifests (repository_id, digest, first_seen_at)
    select ${repositoryId}, digest, ${at} from (${withClosure(sql`select ${digest}`)}
      select closure.digest from closure join manifests on manifests.digest = closure.digest) as held
    where true
    on conflict do nothing`.execute(trx);
}
