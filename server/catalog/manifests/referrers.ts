import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import type { DocumentPart } from './documents.ts';

/** Number of referrers of an image by kind. */
export interface ReferrerCounts {
  readonly signatures: number;
  readonly attestations: number;
  readonly sboms: number;
  readonly others: number;
}

export interface Referrer {
  readonly digest: string;
  readonly kind: ManifestKind;
  readonly mediaType: string;
  readonly artifactType: string | null;
  readonly sizeBytes: number;
  readonly createdAt: number | null;
  readonly annotations: Readonly<Record<string, string>>;
  /** The tag it is found by (cosign), else null. */
  readonly tag: string | null;
}

export const noReferrers = (): ReferrerCounts => ({ signatures: 0, attestations: 0, sboms: 0, others: 0 });

const FALLBACK_TAG = /^(sha256-[0-9a-f]{64}|sha512-[0-9a-f]{128})(?:\.(?:sig|att|sbom)|\.[\w.-]+)?$/;

/**
 * The subject of a tag such as `sha256-<hex>` (fallback of the referrers API) or `sha256-<hex>.sig` (cosign); undefined
 * for other tags.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 */
export function subjectOfTag(tag: string): string | undefined {
  return FALLBACK_TAG.exec(tag)?.[1]?.replace('-', ':');
}

const COUNTED_AS: Partial<Record<ManifestKind, keyof ReferrerCounts>> = {
  signature: 'signatures',
  attestation: 'attestations',
  sbom: 'sboms',
};

export interface FoundReferrer {
  readonly subject: string;
  readonly digest: string;
  readonly kind: ManifestKind;
}

/** Counts by kind, for each image. */
export function countByKind(found: readonly FoundReferrer[]): ReadonlyMap<string, ReferrerCounts> {
  const counts = new Map<string, ReferrerCounts>();
  for (const { subject, kind } of found) {
    const before = counts.get(subject) ?? noReferrers();
    const counted = COUNTED_AS[kind] ?? 'others';
    counts.set(subject, { ...before, [counted]: before[counted] + 1 });
  }
  return counts;
}

export interface ReferrerSource {
  /** Id of the repository. */
  readonly repository: RawBuilder<unknown>;
  /** SQL condition: the column is one of the requested subjects. */
  readonly isSubject: (column: string) => RawBuilder<SqlBool>;
}

/**
 * Finds referrers in all ways: `subject` of a manifest (OCI 1.1), tags of cosign, children of the index under a
 * fallback tag, and BuildKit attestations inside an index. The index under a fallback tag is only a list and no
 * referrer: `referrerTagsOf` finds it.
 * @returns one query of `subject`, `digest` and `kind` for each way.
 */
export function referrerQueries({ repository, isSubject }: ReferrerSource): readonly RawBuilder<FoundReferrer>[] {
  return [
    sql`select manifests.subject_digest as subject, manifests.digest as digest, manifests.kind as kind
      from manifests cross join held_manifests as held
      where ${isSubject('manifests.subject_digest')}
        and held.digest = manifests.digest and held.repository_id = ${repository}`,
    sql`select tags.subject_digest as subject, tags.digest as digest, manifests.kind as kind
      from tags join manifests on manifests.digest = tags.digest
      where tags.repository_id = ${repository} and ${isSubject('tags.subject_digest')} and manifests.kind <> 'index'`,
    sql`select tags.subject_digest as subject, manifests.digest as digest, manifests.kind as kind
      from tags join manifest_children as listed on listed.parent_digest = tags.digest
        join manifests on manifests.digest = listed.child_digest
        join held_manifests as held on held.digest = manifests.digest and held.repository_id = tags.repository_id
      where tags.repository_id = ${repository} and ${isSubject('tags.subject_digest')}`,
    sql`select children.parent_digest as subject, children.child_digest as digest, 'attestation' as kind
      from manifest_children as children
        join held_manifests as held on held.digest = children.child_digest and held.repository_id = ${repository}
      where ${isSubject('children.parent_digest')} and children.platform = 'attestation'`,
  ];
}

/** The referrers of each of these manifests. */
export async function findReferrers(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<readonly FoundReferrer[]> {
  if (digests.length === 0) return [];
  const isSubject = (column: string) => isAmong(db, sql.ref(column), digests);
  const queries = referrerQueries({ repository: sql`${repositoryId}`, isSubject });
  const found = await sql<FoundReferrer>`${sql.join(queries, sql` union `)}`.execute(db);
  return found.rows;
}

export interface ReferrerTag {
  readonly name: string;
  readonly digest: string;
  readonly subject: string;
}

/** Fallback and cosign tags that name one of these manifests. */
export async function referrerTagsOf(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<readonly ReferrerTag[]> {
  if (digests.length === 0) return [];
  const { rows } = await sql<ReferrerTag>`
    select name, digest, subject_digest as subject from tags
    where repository_id = ${repositoryId} and ${isAmong(db, sql.ref('subject_digest'), digests)}`.execute(db);
  return rows;
}

const MAX_SHOWN = 200;

/** Referrers of one image in its repository, without those inside its own index; at most 200. */
export async function referrersOf(db: Database, repositoryId: number, digest: string): Promise<readonly Referrer[]> {
  const all = await findReferrers(db, repositoryId, [digest]);
  const found = all.slice(0, MAX_SHOWN).map((referrer) => referrer.digest);
  if (found.length === 0) return [];
  const rows = await db
    .selectFrom('manifests')
    .leftJoin('tags', (join) =>
      join.onRef('tags.digest', '=', 'manifests.digest').on('tags.repository_id', '=', repositoryId),
    )
    .select([
      'manifests.digest',
      'kind',
      'media_type',
      'artifact_type',
      'total_bytes',
      'created_at',
      'annotations',
      'tags.name as tag',
    ])
    .where('manifests.digest', 'in', found)
    .where('manifests.digest', 'not in', childrenOf(db, digest))
    .orderBy('kind')
    .orderBy('manifests.digest')
    .execute();
  return rows.map((row) => ({
    digest: row.digest,
    kind: row.kind,
    mediaType: row.media_type,
    artifactType: row.artifact_type,
    sizeBytes: row.total_bytes,
    createdAt: row.created_at,
    annotations: JSON.parse(row.annotations) as Record<string, string>,
    tag: row.tag,
  }));
}

/** The layers of each of these manifests that the repository has. */
export async function partsOf(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, readonly DocumentPart[]>> {
  if (digests.length === 0) return new Map();
  const rows = await db
    .selectFrom('manifest_blobs')
    .innerJoin('held_manifests', 'held_manifests.digest', 'manifest_blobs.digest')
    .selectAll('manifest_blobs')
    .where('manifest_blobs.digest', 'in', digests)
    .where('held_manifests.repository_id', '=', repositoryId)
    .where('role', '=', 'layer')
    .orderBy('manifest_blobs.digest')
    .orderBy('position')
    .limit(1000)
    .execute();
  const parts = new Map<string, DocumentPart[]>();
  for (const row of rows) {
    const part = {
      digest: row.blob_digest,
      sizeBytes: row.size_bytes,
      mediaType: row.media_type,
      annotations: JSON.parse(row.annotations) as Record<string, string>,
    };
    parts.set(row.digest, [...(parts.get(row.digest) ?? []), part]);
  }
  return parts;
}

function childrenOf(db: Database, digest: string) {
  return db.selectFrom('manifest_children').select('child_digest').where('parent_digest', '=', digest);
}
