import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import type { Visibility } from './visibility.ts';
import { visibleRepositoryId } from './visible-repositories.ts';

/** Facts about a tag that commands need. */
export interface TagFacts {
  readonly digest: string;
  readonly kind: ManifestKind;
}

/** By tag name; empty for a repository that the viewer may not see. */
export async function factsOfTags(
  db: Database,
  visibility: Visibility,
  repository: string,
  tags: readonly string[],
): Promise<ReadonlyMap<string, TagFacts>> {
  const homeId = tags.length === 0 ? undefined : await visibleRepositoryId(db, visibility, repository);
  if (homeId === undefined) return new Map();
  const { rows } = await sql<TagFacts & { readonly name: string }>`
    select tags.name as name, tags.digest as digest, held.kind as kind
    from tags join held_manifests as held on held.repository_id = tags.repository_id and held.digest = tags.digest
    where tags.repository_id = ${homeId} and tags.name in (${sql.join(tags)})`.execute(db);
  return new Map(rows.map(({ name, digest, kind }) => [name, { digest, kind }]));
}
