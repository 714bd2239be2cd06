/** Small queries on tags. */
import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { idOf, nameOf } from './repository-lookup.ts';

export interface FoundTag {
  readonly repositoryId: number;
  readonly digest: string;
}

export async function findTag(db: Database, repository: string, tag: string): Promise<FoundTag | undefined> {
  return tagsOf(db, repository)
    .select(['tags.digest', 'tags.repository_id as repositoryId'])
    .where('tags.name', '=', tag)
    .executeTakeFirst();
}

/** Digest of the tag. */
export async function digestOfTag(db: Database, repositoryId: number, tag: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('tags')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .where('name', '=', tag)
    .executeTakeFirst();
  return row?.digest;
}

export async function tagNames(db: Database, repository: string): Promise<readonly string[]> {
  const rows = await tagsOf(db, repository).select('tags.name').execute();
  return rows.map((row) => row.name);
}

/** Names of the tags that point to this digest. */
export async function tagsOn(db: Database, repository: string, digest: string): Promise<readonly string[]> {
  const rows = await tagsOf(db, repository).select('tags.name').where('tags.digest', '=', digest).execute();
  return rows.map((row) => row.name);
}

/** Digests of all tags of a repository, each once. */
export async function taggedDigests(db: Database, repository: string): Promise<readonly string[]> {
  const rows = await tagsOf(db, repository).select('tags.digest').distinct().execute();
  return rows.map((row) => row.digest);
}

export async function hasTags(db: Database, repositoryId: number): Promise<boolean> {
  const row = await db
    .selectFrom('tags')
    .select('id')
    .where('repository_id', '=', repositoryId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Tags that people use, newest first. */
export async function newestTags(db: Database, repositoryId: number, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where('subject_digest', 'is', null)
    .orderBy('aged_at', 'desc')
    .orderBy('name', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => row.name);
}

function tagsOf(db: Database, repository: string) {
  return db.selectFrom('tags').where('tags.repository_id', '=', idOf(repository));
}

export async function countTags(db: Database): Promise<number> {
  const { total } = await db
    .selectFrom('tags')
    .select(({ fn }) => fn.countAll().as('total'))
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** Lowest and highest ID; undefined without tags. */
export async function tagBounds(db: Database): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const bounds = await db
    .selectFrom('tags')
    .select(({ fn }) => [fn.min<number | null>('id').as('first'), fn.max<number | null>('id').as('last')])
    .executeTakeFirst();
  return bounds?.last ? { first: Number(bounds.first), last: Number(bounds.last) } : undefined;
}

export interface KnownImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

/**
 * By rising id.
 *
 * @param options.start the first id.
 * @param options.except a repository to leave out.
 */
export async function imagesFrom(
  db: Database,
  { start, limit, except }: { readonly start: number; readonly limit: number; readonly except: string | undefined },
): Promise<readonly KnownImage[]> {
  return db
    .selectFrom('tags')
    .select(['tags.name as tag', 'tags.digest', nameOf(sql.ref('tags.repository_id')).as('repository')])
    .where('tags.id', '>=', start)
    .$if(except !== undefined, (query) =>
      query.where('tags.repository_id', '<>', sql<number>`coalesce(${idOf(except ?? '')}, 0)`),
    )
    .orderBy('tags.id')
    .limit(limit)
    .execute();
}

export interface SeenTag {
  readonly id: number;
  readonly name: string;
  readonly checked_at: number;
  readonly repository: string;
}

/** Tags that were not checked for longest, after the given one. */
export async function longestUnseen(
  db: Database,
  { id, checked_at }: Pick<SeenTag, 'id' | 'checked_at'>,
  limit: number,
): Promise<readonly SeenTag[]> {
  return db
    .selectFrom('tags')
    .select(['tags.id', 'tags.name', 'tags.checked_at', nameOf(sql.ref('tags.repository_id')).as('repository')])
    .where(({ eb, refTuple, tuple }) => eb(refTuple('tags.checked_at', 'tags.id'), '>', tuple(checked_at, id)))
    .orderBy('tags.checked_at')
    .orderBy('tags.id')
    .limit(limit)
    .execute();
}
