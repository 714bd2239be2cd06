/** What could be meant, while somebody types: from what they may see, and cheap enough for every key. */
import { type RawBuilder, sql } from 'kysely';
import { isRepositoryName } from '../registry/reference.ts';
import { isAmong } from '../storage/among.ts';
import type { Database } from '../storage/database.ts';
import { escapeLike } from '../storage/like.ts';
import { foldCase, matchingIds } from './name-search.ts';
import { OPERATORS } from './search-operators.ts';
import { suggestValues } from './search-values-seen.ts';
import { isVisible, NOTHING, type Visibility } from './visibility.ts';

export interface Suggestion {
  readonly kind: 'repository' | 'tag' | 'operator' | 'value';
  readonly label: string;
  /** The whole search once this is chosen. */
  readonly text: string;
  /** Where a repository or tag itself is: `team/app:v1`. */
  readonly reference: string | null;
}

const MOST_SUGGESTED = 20;
const LONGEST_TYPED = 300;
/** Names that are looked at for those the viewer may see. */
const MOST_LOOKED_AT = 1000;

export async function suggest(
  db: Database,
  visibility: Visibility,
  typed: string,
  limit: number,
): Promise<readonly Suggestion[]> {
  const text = typed.slice(0, LONGEST_TYPED + 1).replace(/[\p{Cc}\p{Cs}]+/gu, ' ');
  const [, before = '', piece = ''] = /^(.*?\s|)(\S*)$/s.exec(text) ?? [];
  if (piece === '' || text.length > LONGEST_TYPED || piece.includes('"')) return [];
  const most = Math.min(MOST_SUGGESTED, Math.max(1, Math.trunc(limit) || 1));
  const found = [...operatorsLike(before, piece), ...(await completions(db, visibility, before, piece, most))];
  return found.slice(0, most);
}

async function completions(
  db: Database,
  visibility: Visibility,
  before: string,
  piece: string,
  most: number,
): Promise<readonly Suggestion[]> {
  if (visibility.id === NOTHING.id) return [];
  const [, sign = '', name = '', value = ''] = /^(-?)([a-z-]+):(.*)$/s.exec(piece) ?? [];
  if (Object.hasOwn(OPERATORS, name)) {
    const values =
      name === 'repo' ? await namesLike(db, visibility, value, most) : await suggestValues(db, visibility, name, value);
    return values.slice(0, most).map((each) => {
      return {
        kind: 'value',
        label: `${name}:${each}`,
        text: `${before}${sign}${name}:${printed(each)}`,
        reference: null,
      };
    });
  }
  const [, repository = '', tag = ''] = /^([^:@]+):([\w.-]*)$/.exec(piece) ?? [];
  if (repository !== '') return tagsOf(db, visibility, before, { repository, tag, most });
  const names = await namesLike(db, visibility, piece, most);
  return names.map((each) => ({ kind: 'repository', label: each, text: `${before}${each}`, reference: each }));
}

function printed(value: string): string {
  return /[\s"]/.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value;
}

function operatorsLike(before: string, piece: string): readonly Suggestion[] {
  const [, sign = '', name = ''] = /^(-?)([a-z-]+)$/.exec(piece) ?? [];
  const names =
    name === ''
      ? []
      : Object.keys(OPERATORS)
          .filter((each) => each.startsWith(name))
          .slice(0, 3);
  return names.map((each) => ({
    kind: 'operator',
    label: `${each}:`,
    text: `${before}${sign}${each}:`,
    reference: null,
  }));
}

/** Those with a part of the path that begins so come first. */
async function namesLike(
  db: Database,
  visibility: Visibility,
  typed: string,
  most: number,
): Promise<readonly string[]> {
  const text = foldCase(typed);
  if (text === '') return [];
  const ids = await matchingIds(db, 'repositories', { kind: 'part', text }, MOST_LOOKED_AT);
  const near =
    ids === undefined
      ? sql`select id, name from repositories where ${begins('name', text)} order by name limit ${MOST_LOOKED_AT}`
      : sql`select id, name from repositories where ${isAmong(db, sql`id`, ids)}`;
  const { rows } = await sql<{ name: string; is_begin: number }>`
    select near.name as name, case when ${`/${text}`} = '/' then 0
      when ${begins('near.name', text)} then 0 when near.name like ${`%/${escapeLike(text)}%`} escape '\\' then 1
      else 2 end as is_begin
    from (${near}) as near where ${isVisible(visibility, 'near.id')}
    order by is_begin, name limit ${most}`.execute(db);
  return rows.map((row) => row.name);
}

function begins(column: string, text: string): RawBuilder<unknown> {
  return sql`(${sql.ref(column)} >= ${text} and ${sql.ref(column)} < ${`${text}\u{10ffff}`})`;
}

interface TypedTag {
  readonly repository: string;
  readonly tag: string;
  readonly most: number;
}

/** Newest version first. */
async function tagsOf(
  db: Database,
  visibility: Visibility,
  before: string,
  { repository, tag, most }: TypedTag,
): Promise<readonly Suggestion[]> {
  if (!isRepositoryName(repository)) return [];
  const { rows } = await sql<{ name: string }>`
    select tags.name as name from tags join repositories on repositories.id = tags.repository_id
    where repositories.name = ${repository} and ${isVisible(visibility)} and tags.subject_digest is null
      and ${begins('tags.name', tag)}
    order by tags.name_key desc, tags.name desc limit ${most}`.execute(db);
  return rows.map(({ name }) => {
    const reference = `${repository}:${name}`;
    return { kind: 'tag', label: reference, text: `${before}${reference}`, reference };
  });
}
