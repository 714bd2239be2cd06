/** Suggests repositories and tags for a typed text, with facts that distinguish them. */

import { type RawBuilder, sql } from 'kysely';
import { isRepositoryName } from '../../registry/documents/reference.ts';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { escapeLike } from '../../storage/like.ts';
import { isVisible, type Visibility } from '../visibility/visibility.ts';
import { visibleCount } from '../visibility/visible-repositories.ts';
import { foldCase, matchingIds } from './name-search.ts';
import { nearNames } from './near-names.ts';

/** Facts shown below a name, so that people recognise the right one. */
export interface NameFacts {
  readonly sizeBytes: number;
  /** Pushed, else built; null where neither is known. */
  readonly agedAt: number | null;
  /** Of a repository. */
  readonly tagCount: number | null;
  readonly newestTag: string | null;
}

export interface FoundName {
  /** `team/app` or `team/app:v1`. */
  readonly reference: string;
  readonly facts: NameFacts;
  /** Only similar to the typed text. */
  readonly isNear: boolean;
}

/** Maximum number of names that are checked for visibility. */
const MAX_LOOKED_AT = 1000;
/** Maximum number of exact matches. */
const MAX_EXACT = 300;
/** Up to this number of visible repositories, each is queried for its tags. */
const MAX_ASKED = 2000;
/** With fewer letters half of all tags would match. */
const MIN_TAG_LENGTH = 3;

interface RepositoryNameRow {
  readonly name: string;
  readonly size_bytes: number;
  readonly aged_at: number;
  readonly tag_count: number;
  readonly newest_tag: string | null;
}

const REPOSITORY_FACTS = sql`size_bytes, tag_count, newest_tag, coalesce(last_pushed_at, newest_at, 0) as aged_at`;

/** Repositories with a path component that begins so come first; without any, similar ones. */
export async function repositoriesLike(
  db: Database,
  visibility: Visibility,
  typed: string,
  most: number,
): Promise<readonly FoundName[]> {
  const text = foldCase(typed);
  if (text === '') return [];
  const ids = await matchingIds(db, 'repositories', { kind: 'part', text }, MAX_LOOKED_AT);
  const columns = sql`id, name, ${REPOSITORY_FACTS}`;
  const near =
    ids === undefined
      ? sql`select ${columns} from repositories where ${begins('name', text)} order by name limit ${MAX_LOOKED_AT}`
      : sql`select ${columns} from repositories where ${isAmong(db, sql`id`, ids)}`;
  const { rows } = await sql<RepositoryNameRow>`
    select near.*, case when ${begins('near.name', text)} then 0
      when near.name like ${`%/${escapeLike(text)}%`} escape '\\' then 1 else 2 end as is_begin
    from (${near}) as near where ${isVisible(visibility, 'near.id')}
    order by is_begin, name limit ${most}`.execute(db);
  return rows.map((row) => repositoryName(row, false));
}

export async function nearRepositories(
  db: Database,
  visibility: Visibility,
  typed: string,
  most: number,
): Promise<readonly FoundName[]> {
  const names = await nearNames(db, visibility, typed, most);
  if (names.length === 0) return [];
  const { rows } = await sql<RepositoryNameRow>`
    select name, ${REPOSITORY_FACTS} from repositories where name in (${sql.join(names)})`.execute(db);
  const known = new Map(rows.map((row) => [row.name, row]));
  return names.flatMap((name) => known.get(name) ?? []).map((row) => repositoryName(row, true));
}

function repositoryName({ name, ...row }: RepositoryNameRow, isNear: boolean): FoundName {
  const { size_bytes: sizeBytes, tag_count: tagCount, newest_tag: newestTag } = row;
  return { reference: name, isNear, facts: { sizeBytes, tagCount, newestTag, agedAt: row.aged_at || null } };
}

interface TagNameRow {
  readonly repository: string;
  readonly name: string;
  readonly size_bytes: number;
  readonly aged_at: number;
}

function tagName({ repository, name, ...row }: TagNameRow): FoundName {
  const facts = { sizeBytes: row.size_bytes, agedAt: row.aged_at || null, tagCount: null, newestTag: null };
  return { reference: `${repository}:${name}`, isNear: false, facts };
}

/** Tags of any repository: exact matches first, then tags that begin so, highest version first. */
export async function tagsLike(
  db: Database,
  visibility: Visibility,
  typed: string,
  most: number,
): Promise<readonly FoundName[]> {
  const text = foldCase(typed);
  if (text.length < MIN_TAG_LENGTH || !/^[\w][\w.-]{0,127}$/.test(text)) return [];
  const { rows } = await sql<TagNameRow>`
    select repositories.name as repository, tags.name as name, tags.size_bytes as size_bytes, tags.aged_at as aged_at,
      case when lower(tags.name) in (${text}, ${`v${text}`}) then 0
        when lower(tags.name) like ${`${escapeLike(text)}%`} escape '\\' then 1
        when lower(tags.name) like ${`v${escapeLike(text)}%`} escape '\\' then 1 else 2 end as is_begin
    from tags join repositories on repositories.id = tags.repository_id
    where ${isAmong(db, sql`tags.id`, await tagIds(db, visibility, text))} and ${isVisible(visibility)}
      and tags.subject_digest is null
    order by is_begin, tags.name_key desc, tags.aged_at desc, repository limit ${most}`.execute(db);
  return rows.map(tagName);
}

/** Includes exact matches even if very many tags contain the text. */
async function tagIds(db: Database, visibility: Visibility, text: string): Promise<readonly number[]> {
  const ids = (await matchingIds(db, 'tags', { kind: 'part', text }, MAX_LOOKED_AT)) ?? [];
  if (ids.length < MAX_LOOKED_AT) return ids;
  const exact = await Promise.all(
    [text, `v${text}`].map((name) => matchingIds(db, 'tags', { kind: 'whole', text: name }, MAX_EXACT)),
  );
  return [...new Set([...ids, ...exact.flatMap((found) => found ?? []), ...(await seenTagIds(db, visibility, text))])];
}

async function seenTagIds(db: Database, visibility: Visibility, text: string): Promise<readonly number[]> {
  const { all, id } = visibility;
  if (all) return [];
  if ((await visibleCount(db, visibility)) > MAX_ASKED) return [];
  // A cross join, because SQLite keeps its order: each repository has its tags sorted by name.
  const { rows } = await sql<{ id: number }>`
    select tags.id as id from visible_repositories as seen cross join tags
    where seen.visibility_id = ${id} and tags.repository_id = seen.repository_id and ${begins('tags.name', text)}
    limit ${MAX_LOOKED_AT}`.execute(db);
  return rows.map((row) => row.id);
}

/** Tags of one repository, newest version first. */
export async function tagsOf(
  db: Database,
  visibility: Visibility,
  { repository, tag, most }: { readonly repository: string; readonly tag: string; readonly most: number },
): Promise<readonly FoundName[]> {
  if (!isRepositoryName(repository)) return [];
  const { rows } = await sql<TagNameRow>`
    select repositories.name as repository, tags.name as name, tags.size_bytes as size_bytes, tags.aged_at as aged_at
    from tags join repositories on repositories.id = tags.repository_id
    where repositories.name = ${repository} and ${isVisible(visibility)} and tags.subject_digest is null
      and ${begins('tags.name', tag)}
    order by tags.name_key desc, tags.name desc limit ${most}`.execute(db);
  return rows.map(tagName);
}

function begins(column: string, text: string): RawBuilder<unknown> {
  return sql`(${sql.ref(column)} >= ${text} and ${sql.ref(column)} < ${`${text}\u{10ffff}`})`;
}
