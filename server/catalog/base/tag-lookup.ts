/** Short questions about tags, by the name of their repository. */
import type { Database } from '../../storage/database.ts';

export interface FoundTag {
  readonly repositoryId: number;
  readonly digest: string;
}

export async function findTag(db: Database, repository: string, tag: string): Promise<FoundTag | undefined> {
  return db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select(['tags.digest', 'tags.repository_id as repositoryId'])
    .where('repositories.name', '=', repository)
    .where('tags.name', '=', tag)
    .executeTakeFirst();
}

export async function tagNames(db: Database, repository: string): Promise<readonly string[]> {
  const rows = await tagsOf(db, repository).select('tags.name').execute();
  return rows.map((row) => row.name);
}

export async function tagsOn(db: Database, repository: string, digest: string): Promise<readonly string[]> {
  const rows = await tagsOf(db, repository).select('tags.name').where('tags.digest', '=', digest).execute();
  return rows.map((row) => row.name);
}

/** What the tags of a repository point to, each once. */
export async function taggedDigests(db: Database, repository: string): Promise<readonly string[]> {
  const rows = await tagsOf(db, repository).select('tags.digest').distinct().execute();
  return rows.map((row) => row.digest);
}

function tagsOf(db: Database, repository: string) {
  return db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .where('repositories.name', '=', repository);
}
