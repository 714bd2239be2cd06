import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { isSecret } from '../base/secrets.ts';
import { isVisible, type Visibility } from '../visibility/visibility.ts';
import { LABELLED_DIGESTS } from './conditions.ts';
import { REFERRER_KINDS, SEARCHED_KINDS } from './operators.ts';

const FIXED: Readonly<Record<string, readonly string[]>> = {
  type: SEARCHED_KINDS,
  has: REFERRER_KINDS,
  is: ['untagged'],
  never: ['pulled'],
  older: ['7d', '30d', '90d', '1y'],
  newer: ['1d', '7d', '30d'],
  'pulled-older': ['30d', '90d', '1y'],
  size: ['>100MB', '>1GB', '<10MB'],
  pulls: ['0', '>100'],
};

/** Number of recent images that values are collected from: the suggestions need not be complete. */
const MAX_IMAGES = 300;
const MAX_REPOSITORIES = 300;

/** Suggested values of an operator that begin with `typed`, from the viewer's images. */
export async function suggestValues(
  db: Database,
  visibility: Visibility,
  operator: string,
  typed: string,
): Promise<readonly string[]> {
  const begin = typed.toLowerCase();
  const all = FIXED[operator] ?? (await seenValues(db, visibility, operator, typed));
  return [...new Set(all)].filter((value) => value.toLowerCase().startsWith(begin) && value !== typed).sort(byLength);
}

function byLength(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1);
}

async function seenValues(
  db: Database,
  visibility: Visibility,
  operator: string,
  typed: string,
): Promise<readonly string[]> {
  if (operator === 'label' || operator === 'annotation') return seenLabels(db, visibility, typed);
  if (operator === 'tag') return tagsBeginning(db, visibility, typed);
  const { rows } = await sql<{ pushed_by: string | null; platforms: string; folder: string }>`
    select image.pushed_by as pushed_by, image.platforms as platforms, home.folder as folder
    from (${recentImages(visibility)}) as recent join held_manifests as image on image.id = recent.id
      join repositories as home on home.id = image.repository_id`.execute(db);
  if (operator === 'by' || operator === 'pushed-by') return rows.flatMap((row) => row.pushed_by || []);
  if (operator === 'folder') return rows.flatMap((row) => row.folder || []);
  const platforms = rows.flatMap((row) => JSON.parse(row.platforms) as string[]);
  if (operator === 'platform') return platforms;
  const part = { os: 0, arch: 1 }[operator];
  return part === undefined ? [] : platforms.flatMap((platform) => platform.split('/')[part] || []);
}

/** The newest images; for viewers who see only a part, some of that part. */
function recentImages(visibility: Visibility) {
  if (visibility.all) {
    return sql`select id, digest, repository_id from held_manifests where state = 'tagged'
      order by aged_at desc, id desc limit ${MAX_IMAGES}`;
  }
  return sql`select held.id as id, held.digest as digest, held.repository_id as repository_id from
    (select repository_id from visible_repositories where visibility_id = ${visibility.id} limit ${MAX_REPOSITORIES}) as seen
    join held_manifests as held on held.repository_id = seen.repository_id and held.state = 'tagged'
    limit ${MAX_IMAGES}`;
}

/**
 * `team` → keys; `team=` → `team=core`, without values that look like secrets. The few images come first, because
 * SQLite keeps the order of a cross join and would otherwise begin with all labels of that key.
 */
async function seenLabels(db: Database, visibility: Visibility, typed: string): Promise<readonly string[]> {
  const key = /^([^=]+)=/s.exec(typed)?.[1];
  const { rows } = await sql<{ key: string; value: string }>`
    select distinct label.key as key, ${key === undefined ? sql`''` : sql`label.value`} as value
    from (${recentImages(visibility)}) as image cross join manifest_labels as given cross join labels as label
    where given.digest in (${LABELLED_DIGESTS}) and label.id = given.label_id
      and ${key === undefined ? sql`1 = 1` : sql`label.key = ${key}`}`.execute(db);
  const shown = rows.filter((row) => row.value.length <= 100 && !isSecret(row.key, row.value));
  return shown.map((row) => (key === undefined ? row.key : `${row.key}=${row.value}`));
}

const MAX_TAGS = 500;

async function tagsBeginning(db: Database, visibility: Visibility, typed: string): Promise<readonly string[]> {
  if (typed === '') return [];
  const { rows } = await sql<{ name: string }>`
    select distinct near.name as name from (select name, repository_id from tags
      where name >= ${typed} and name < ${`${typed}\u{10ffff}`} and subject_digest is null
      order by name limit ${MAX_TAGS}) as near
    where ${isVisible(visibility, 'near.repository_id')} limit 20`.execute(db);
  return rows.map((row) => row.name);
}
