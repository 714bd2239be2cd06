import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { groupBy } from '../base/rows.ts';
import { ensureBlobs, uncountBlobs } from './blob-counts.ts';
import { deleteLabels, saveLabels } from './labels.ts';
import type { ManifestRecord } from './record.ts';

/**
 * Stores fetched manifests, children before the indexes that list them. For use in a transaction.
 * @returns the repositories that have some of them already, whose rows have to be recomputed.
 */
export async function saveManifests(
  trx: Database,
  fetched: readonly ManifestRecord[],
  at: number,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const records = [...new Map(fetched.map((record) => [record.digest, record])).values()];
  if (records.length === 0) return new Map();
  const digests = records.map((record) => record.digest);
  const holders = await holdersOf(trx, digests);
  const known = await knownManifests(trx, digests);
  await ensureBlobs(trx, sizesOf(records));
  if (known.length > 0) await forgetContent(trx, known, holders);
  await insertManifests(
    trx,
    records.map((record) => toColumns(record, at)),
  );
  await insertContent(trx, records);
  await saveLabels(trx, records);
  for (const record of records) if (record.children.length > 0) await sumUpIndex(trx, record);
  return new Map([...holders].map(([id, rows]) => [id, rows.map((row) => row.digest)]));
}

interface Holder {
  readonly repository_id: number;
  readonly digest: string;
  readonly reached: 0 | 1;
}

async function holdersOf(trx: Database, digests: readonly string[]): Promise<ReadonlyMap<number, readonly Holder[]>> {
  const rows = await trx
    .selectFrom('held_manifests')
    .select(['repository_id', 'digest', 'reached'])
    .where('digest', 'in', digests)
    .execute();
  return groupBy(rows, (row) => row.repository_id);
}

/** Stored manifests, complete or not. */
export async function knownManifests(trx: Database, digests: readonly string[]): Promise<readonly string[]> {
  const rows = await trx.selectFrom('manifests').select('digest').where('digest', 'in', digests).execute();
  return rows.map((row) => row.digest);
}

function sizesOf(records: readonly ManifestRecord[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { blobs } of records) {
    for (const { blob_digest, size_bytes } of blobs) {
      sizes.set(blob_digest, Math.max(size_bytes, sizes.get(blob_digest) ?? 0));
    }
  }
  return sizes;
}

/** Deletes derived content and counts before a manifest is stored again, because it may be read better than before. */
async function forgetContent(
  trx: Database,
  digests: readonly string[],
  holders: ReadonlyMap<number, readonly Holder[]>,
): Promise<void> {
  const again = new Set(digests);
  for (const [id, rows] of holders) {
    await uncountBlobs(
      trx,
      id,
      rows.filter((row) => again.has(row.digest)),
    );
  }
  await deleteContent(trx, digests);
}

async function deleteContent(trx: Database, digests: readonly string[]): Promise<void> {
  await trx.deleteFrom('manifest_blobs').where('digest', 'in', digests).execute();
  await trx.deleteFrom('manifest_children').where('parent_digest', 'in', digests).execute();
  await deleteLabels(trx, digests);
}

async function insertManifests(trx: Database, rows: readonly ReturnType<typeof toColumns>[]): Promise<void> {
  await insertRows(
    trx,
    rows.toSorted((one, other) => (one.digest < other.digest ? -1 : 1)),
  );
}

/** For a rebuild, which counts the blobs of repositories afterwards. For use in a transaction. */
export async function replaceManifests(
  trx: Database,
  read: readonly { readonly record: ManifestRecord; readonly at: number }[],
): Promise<void> {
  const records = read.map(({ record }) => record);
  await ensureBlobs(trx, sizesOf(records));
  await deleteContent(
    trx,
    records.map(({ digest }) => digest),
  );
  await insertManifests(
    trx,
    read.map(({ record, at }) => toColumns(record, at)),
  );
  await insertContent(trx, records);
  await saveLabels(trx, records);
}

const CHANGING = [
  'media_type',
  'kind',
  'artifact_type',
  'raw',
  'config_digest',
  'config',
  'subject_digest',
  'created_at',
  'total_bytes',
  'platforms',
  'annotations',
  'fetched_at',
  'error',
] as const;
const insertRows = createInsertion({
  into: 'manifests',
  columns: ['digest', ...CHANGING],
  conflict: { on: ['digest'], set: CHANGING },
});

function toColumns(record: ManifestRecord, at: number) {
  const sizes = new Map(record.blobs.map((blob) => [blob.blob_digest, blob.size_bytes]));
  return {
    digest: record.digest,
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

const insertBlobRows = createInsertion({
  into: 'manifest_blobs',
  columns: [
    'digest',
    'position',
    'blob_digest',
    'media_type',
    'size_bytes',
    'role',
    'annotations',
    'kept_at',
    'kept_bytes',
  ],
  conflict: 'fails',
});
const insertChildRows = createInsertion({
  into: 'manifest_children',
  columns: [
    'parent_digest',
    'position',
    'child_digest',
    'media_type',
    'size_bytes',
    'platform',
    'annotations',
    'os_version',
    'os_features',
  ],
  conflict: 'fails',
});

async function insertContent(trx: Database, records: readonly ManifestRecord[]): Promise<void> {
  const blobs = records.flatMap(({ digest, blobs: own }) =>
    own.map((blob, position) => ({ digest, position, ...blob })),
  );
  await insertBlobRows(trx, blobs);
  const children = records.flatMap(({ digest, children: own }) =>
    own.map((child, position) => ({ parent_digest: digest, position, ...child })),
  );
  await insertChildRows(trx, children);
}

/** Updates the totals of indexes: size of all children, each blob once, and the newest build time. */
export async function sumUpIndex(
  trx: Database,
  { digest, createdAt }: Pick<ManifestRecord, 'digest' | 'createdAt'>,
): Promise<void> {
  const found = await sql<{ bytes: number | null; created: number | null }>`
    ${withClosure(sql`select digest from manifests where digest = ${digest}`)}
    select ${sizeOfBlobs(sql`digest in (select digest from closure)`)} as bytes,
      (select max(created_at) from manifests where digest in (select digest from closure)) as created`.execute(trx);
  const { bytes = 0, created = null } = found.rows[0] ?? {};
  await trx
    .updateTable('manifests')
    .set({ total_bytes: Number(bytes ?? 0), created_at: createdAt ?? created })
    .where('digest', '=', digest)
    .execute();
}

/** SQL expression: bytes of all blobs of these manifests, each once; null: none. */
export function sizeOfBlobs(condition: RawBuilder<SqlBool>): RawBuilder<number | null> {
  return sql`(select sum(size_bytes) from (select max(size_bytes) as size_bytes from manifest_blobs
    where ${condition} group by blob_digest) as blobs)`;
}

/** SQL `with recursive closure(digest)`: the manifests that `roots` selects and everything below them. */
export function withClosure(roots: ReturnType<typeof sql>) {
  return sql`with recursive closure(digest) as (
    ${roots}
    union select child_digest from manifest_children join closure on parent_digest = closure.digest)`;
}
