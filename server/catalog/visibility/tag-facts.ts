import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import { isVisible, type Visibility } from './visibility.ts';

/** What a command about a tag has to know. */
export interface TagFacts {
  readonly digest: string;
  readonly kind: ManifestKind;
}

/** Of some tags of one repository, by their name; what the viewer may not see is missing. */
export async function factsOfTags(
  db: Database,
  visibility: Visibility,
  repository: string,
  tags: readonly string[],
): Promise<ReadonlyMap<string, TagFacts>> {
  if (tags.length === 0) return new Map();
  const { rows } = await sql<TagFacts & { readonly name: string }>`
    select tags.name as name, tags.digest as digest, held.kind as kind
    from repositories join tags on tags.repository_id = repositories.id
      join held_manifests as held on held.repository_id = repositories.id and held.digest = tags.digest
    where repositories.name = ${repository} and ${isVisible(visibility, 'repositories.id')}
      and tags.name in (${sql.join(tags)})`.execute(db);
  return new Map(rows.map(({ name, digest, kind }) => [name, { digest, kind }]));
}
