import { sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { findReferrers, referrerTagsOf } from './referrers.ts';

/** `from` needs `to`: an index needs its children, a subject needs its referrers. */
export interface ManifestNeed {
  readonly from: string;
  readonly to: string;
}

export interface ManifestNeeds {
  /** The requested manifests and everything below them, parents first. */
  readonly digests: readonly string[];
  readonly needs: readonly ManifestNeed[];
  /** Tags of these manifests; `subject` of a fallback or cosign tag. */
  readonly tags: readonly { readonly name: string; readonly digest: string; readonly subject: string | null }[];
  /**
   * Manifests needed by others in the repository: listed by another index, or referring to an image that is not in
   * `digests`.
   */
  readonly neededOutside: ReadonlySet<string>;
}

/** With more manifests than this, an index is not followed: its children stay. */
const MAX_MANIFESTS = 5000;

/**
 * The children and referrers of these manifests, and what else in the repository needs them; from the index of the
 * database.
 */
export async function readManifestNeeds(
  db: Database,
  repositoryId: number,
  roots: readonly string[],
): Promise<ManifestNeeds> {
  const digests = new Set(roots);
  const needs: ManifestNeed[] = [];
  let frontier = [...digests];
  while (frontier.length > 0 && digests.size <= MAX_MANIFESTS) {
    const below = await needsOf(db, repositoryId, frontier);
    needs.push(...below);
    frontier = [...new Set(below.map(({ to }) => to))].filter((digest) => !digests.has(digest));
    for (const digest of frontier) digests.add(digest);
  }
  const all = [...digests];
  return {
    digests: all,
    needs,
    tags: await tagsOf(db, repositoryId, all),
    neededOutside: await neededOutside(db, repositoryId, all),
  };
}

async function needsOf(db: Database, repositoryId: number, from: readonly string[]): Promise<readonly ManifestNeed[]> {
  const listed = await sql<ManifestNeed>`
    select listed.parent_digest as "from", listed.child_digest as "to"
    from manifest_children as listed
      join held_manifests as held on held.digest = listed.child_digest and held.repository_id = ${repositoryId}
    where ${isAmong(db, sql.ref('listed.parent_digest'), from)}`.execute(db);
  const referrers = await findReferrers(db, repositoryId, from);
  // The index under a fallback tag is needed by its subject, too.
  const tags = await referrerTagsOf(db, repositoryId, from);
  const referring = [...referrers, ...tags].map(({ subject, digest }) => ({ from: subject, to: digest }));
  return [...listed.rows, ...referring];
}

async function tagsOf(db: Database, repositoryId: number, digests: readonly string[]): Promise<ManifestNeeds['tags']> {
  const { rows } = await sql<ManifestNeeds['tags'][number]>`
    select name, digest, subject_digest as subject from tags
    where repository_id = ${repositoryId} and ${isAmong(db, sql.ref('digest'), digests)}
    order by name_key desc`.execute(db);
  return rows;
}

async function neededOutside(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ digest: string }>`
    select listed.child_digest as digest
    from manifest_children as listed
      join held_manifests as held on held.digest = listed.parent_digest and held.repository_id = ${repositoryId}
    where ${isAmong(db, sql.ref('listed.child_digest'), digests)}
      and not (${isAmong(db, sql.ref('listed.parent_digest'), digests)})
    union
    select manifests.digest
    from manifests
      join held_manifests as held on held.digest = manifests.subject_digest and held.repository_id = ${repositoryId}
    where ${isAmong(db, sql.ref('manifests.digest'), digests)}
      and not (${isAmong(db, sql.ref('manifests.subject_digest'), digests)})`.execute(db);
  return new Set(rows.map(({ digest }) => digest));
}
