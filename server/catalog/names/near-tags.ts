/** Finds tags of one repository similar to a given one. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { visibleRepositoryId } from '../visibility/visible-repositories.ts';
import { editDistance, maxEditDistance } from './name-distance.ts';
import { foldCase } from './name-search.ts';
import { MAX_READ, withCommonLetters } from './near-names.ts';

/** Only the newest are read if a repository has more. */
const newestTags = (repositoryId: number): RawBuilder<unknown> =>
  sql`select name from tags where repository_id = ${repositoryId} and name not like 'sha256-%'
    order by coalesce(pushed_at, first_seen_at) desc, name limit ${MAX_READ}`;

const MIN_LENGTH = 2;

export interface AskedTag {
  readonly repository: string;
  readonly tag: string;
}

/** @returns an empty list also for a repository that the viewer may not see. */
export async function nearTags(
  db: Database,
  visibility: Visibility,
  { repository, tag }: AskedTag,
  most: number,
): Promise<readonly string[]> {
  const word = foldCase(tag);
  if (word.length < MIN_LENGTH) return [];
  const homeId = await visibleRepositoryId(db, visibility, repository);
  if (homeId === undefined) return [];
  const names = await withCommonLetters(db, newestTags(homeId), word);
  return names
    .flatMap((name) => {
      const mistakes = editsInTag(word, foldCase(name));
      return mistakes === undefined ? [] : [{ name, mistakes }];
    })
    .sort((left, right) => left.mistakes - right.mistakes)
    .slice(0, most)
    .map(({ name }) => name);
}

/** Tags are short, so one edit is always allowed. `v1.2` may also be the beginning of `v1.2.3`. */
function editsInTag(typed: string, tag: string): number | undefined {
  const most = Math.max(1, maxEditDistance(typed));
  const mistakes = editDistance(typed, tag, most);
  if (mistakes <= most) return mistakes;
  return /^[._-]/.test(tag.startsWith(typed) ? tag.slice(typed.length) : '') ? most : undefined;
}
