import { sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { ManifestKind } from '../storage/schema.ts';
import type { DocumentPart } from './documents.ts';

/** What speaks about an image, counted by kind. */
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
  /** The tag it is found by, where there is one (cosign). */
  readonly tag: string | null;
}

export const noReferrers = (): ReferrerCounts => ({ signatures: 0, attestations: 0, sboms: 0, others: 0 });

const FALLBACK_TAG = /^(sha256-[0-9a-f]{64}|sha512-[0-9a-f]{128})(?:\.(?:sig|att|sbom)|\.[\w.-]+)?$/;

/**
 * The digest that a tag such as `sha256-<hex>` (fallback of the referrers API) or `sha256-<hex>.sig` (cosign) speaks about.
 *
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

interface FoundReferrer {
  readonly subject: string;
  readonly digest: string;
  readonly kind: ManifestKind;
}

/**
 * By subject: manifests that name it (OCI 1.1), tags that name it (cosign), and attestations inside an index (BuildKit).
 * A fallback tag points to an index of referrers, which is none itself.
 */
export async function referrerCounts(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, ReferrerCounts>> {
  const counts = new Map<string, ReferrerCounts>();
  for (const { subject, kind } of await findReferrers(db, repositoryId, digests)) {
    const before = counts.get(subject) ?? noReferrers();
    const counted = COUNTED_AS[kind] ?? 'others';
    counts.set(subject, { ...before, [counted]: before[counted] + 1 });
  }
  return counts;
}

async function findReferrers(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<readonly FoundReferrer[]> {
  const subjects = sql.join(digests);
  const found = await sql<FoundReferrer>`
    select manifests.subject_digest as subject, manifests.digest as digest, manifests.kind as kind
      from manifests join held_manifests as held on held.digest = manifests.digest
      where manifests.subject_digest in (${subjects}) and held.repository_id = ${repositoryId}
    union
    select tags.subject_digest, tags.digest, manifests.kind
      from tags join manifests on manifests.digest = tags.digest
      where tags.repository_id = ${repositoryId} and tags.subject_digest in (${subjects}) and manifests.kind <> 'index'
    union
    select children.parent_digest, children.child_digest, 'attestation'
      from manifest_children as children
      where children.parent_digest in (${subjects}) and children.platform = 'attestation'`.execute(db);
  return found.rows;
}

const MOST_SHOWN = 200;

/** What speaks about one image in its repository, except what stands inside its own index; at most 200 of them. */
export async function referrersOf(db: Database, repositoryId: number, digest: string): Promise<readonly Referrer[]> {
  const all = await findReferrers(db, repositoryId, [digest]);
  const found = all.slice(0, MOST_SHOWN).map((referrer) => referrer.digest);
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

/** The parts (layers) of each of these manifests. That they are in a repository that may be seen was decided before. */
export async function partsOf(
  db: Database,
  digests: readonly string[],
): Promise<ReadonlyMap<string, readonly DocumentPart[]>> {
  if (digests.length === 0) return new Map();
  const rows = await db
    .selectFrom('manifest_blobs')
    .selectAll()
    .where('digest', 'in', digests)
    .where('role', '=', 'layer')
    .orderBy('digest')
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
