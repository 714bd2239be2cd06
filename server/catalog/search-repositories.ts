import { sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { NameLookup } from './name-search.ts';
import { repositoryCandidates } from './search-candidates.ts';
import { type Condition, repositoryCondition } from './search-conditions.ts';
import { scoreOf } from './search-images.ts';
import {
  type AskedResults,
  type Found,
  NOTHING_FOUND,
  type PageOfPlaces,
  pageOfFew,
  pageOfScan,
  type Ranked,
} from './search-page.ts';
import type { Term } from './search-query.ts';
import type { Scan } from './search-scan.ts';
import { isVisible, type Visibility } from './visibility.ts';

export interface RepositoryHit {
  readonly name: string;
  readonly tagCount: number;
  readonly newestTag: string | null;
  readonly lastPushedAt: number | null;
  readonly sizeBytes: number;
}

/** Repositories whose names meet all terms; none where a term speaks of something that only images have. */
export async function searchRepositories(
  db: Database,
  visibility: Visibility,
  terms: readonly Term[],
  asked: AskedResults & { readonly names: NameLookup },
): Promise<Found<RepositoryHit>> {
  const conditions = terms.map((term) => repositoryCondition(db, term));
  const possible = conditions.filter((condition) => condition !== undefined);
  if (possible.length < conditions.length) return NOTHING_FOUND;
  const where = sql.join<unknown>([...possible, isVisible(visibility, 'home.id')], sql` and `) as Condition;
  const candidates = await repositoryCandidates(db, asked.names, visibility, terms);
  const page: PageOfPlaces =
    candidates === undefined
      ? await pageOfScan(db, repositoryScan(where), asked)
      : pageOfFew(await compared(db, terms, candidates, where), asked);
  return {
    ...page,
    rows: await readRows(
      db,
      page.rows.map(({ key }) => String(key)),
    ),
  };
}

async function compared(
  db: Database,
  terms: readonly Term[],
  candidates: readonly number[],
  where: Condition,
): Promise<readonly Ranked[]> {
  if (candidates.length === 0) return [];
  const { rows } = await sql<{ name: string; pushed_at: number }>`
    select home.name as name, coalesce(home.last_pushed_at, 0) as pushed_at from repositories as home
    where home.id in (${sql.join(candidates)}) and ${where}`.execute(db);
  return rows.map(({ name, pushed_at }) => ({ key: name, value: pushed_at, score: scoreOf(terms, name) }));
}

/** By the index on the last push; never pushed to counts as 0. */
function repositoryScan(where: Condition): Scan {
  return {
    window: (position, size) => {
      const behind =
        position === undefined
          ? sql`1 = 1`
          : sql`(coalesce(last_pushed_at, 0), name) < (${position.value}, ${position.key})`;
      return sql`select coalesce(last_pushed_at, 0) as value, name as key from repositories
        where ${behind} order by coalesce(last_pushed_at, 0) desc, name desc limit ${size}`;
    },
    joined: sql`repositories as home`,
    where: sql`home.name = seen.key and ${where}`,
  };
}

/** In the order of `names`. */
async function readRows(db: Database, names: readonly string[]): Promise<readonly RepositoryHit[]> {
  if (names.length === 0) return [];
  const rows = await db
    .selectFrom('repositories')
    .select(['name', 'tag_count', 'newest_tag', 'last_pushed_at', 'size_bytes'])
    .where('name', 'in', names)
    .execute();
  const hits = new Map(
    rows.map((row) => [
      row.name,
      {
        name: row.name,
        tagCount: row.tag_count,
        newestTag: row.newest_tag,
        lastPushedAt: row.last_pushed_at,
        sizeBytes: row.size_bytes,
      },
    ]),
  );
  return names.flatMap((name) => hits.get(name) ?? []);
}
