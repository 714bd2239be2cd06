import { sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { repositoriesByName } from '../base/repository-lookup.ts';
import type { NameLookup } from '../names/name-search.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { repositoryCandidates } from './candidates.ts';
import { allOf, type Condition, repositoryCondition } from './conditions.ts';
import { scoreOf } from './images.ts';
import {
  type AskedResults,
  type Found,
  NOTHING_FOUND,
  type PageOfMatches,
  pageOfCandidates,
  pageOfScan,
  type Ranked,
} from './page.ts';
import { type Scan, visibleTo } from './scan.ts';
import type { Term } from './terms.ts';

export interface RepositoryHit {
  readonly name: string;
  readonly tagCount: number;
  readonly newestTag: string | null;
  readonly lastPushedAt: number | null;
  readonly sizeBytes: number;
}

/** Repositories that match all terms; none if a term is about properties that only images have. */
export async function searchRepositories(
  db: Database,
  visibility: Visibility,
  terms: readonly Term[],
  asked: AskedResults & { readonly names: NameLookup },
): Promise<Found<RepositoryHit>> {
  const conditions = terms.map((term) => repositoryCondition(db, term));
  const possible = conditions.filter((condition) => condition !== undefined);
  if (possible.length < conditions.length) return NOTHING_FOUND;
  const where = allOf(possible);
  const candidates = await repositoryCandidates(db, asked.names, visibility, terms);
  const page: PageOfMatches =
    candidates === undefined
      ? await pageOfScan(db, repositoryScan(visibility, where), asked)
      : pageOfCandidates(await compared(db, visibility, terms, candidates, where), asked);
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
  visibility: Visibility,
  terms: readonly Term[],
  candidates: readonly number[],
  where: Condition,
): Promise<readonly Ranked[]> {
  if (candidates.length === 0) return [];
  const visible = visibleTo(visibility, 'home.id', where);
  const { rows } = await sql<{ name: string; aged_at: number }>`
    select home.name as name, ${AGED_AT} as aged_at from repositories as home ${visible.join}
    where ${isAmong(db, sql`home.id`, candidates)} and ${visible.where}`.execute(db);
  return rows.map(({ name, aged_at }) => ({ key: name, value: aged_at, score: scoreOf(terms, name) }));
}

/** Pushed, else built. */
const AGED_AT = sql`coalesce(last_pushed_at, newest_at)`;

/** The index contains all columns that are compared. */
function repositoryScan(visibility: Visibility, where: Condition): Scan {
  const visible = visibleTo(visibility, 'home.id', where);
  return {
    window: ({ position, size, offset }, columns) => {
      const behind =
        position === undefined ? sql`1 = 1` : sql`(${AGED_AT}, name) < (${position.value}, ${position.key})`;
      return sql`select ${AGED_AT} as value, name as key ${columns} from repositories
        where ${behind} order by ${AGED_AT} desc, name desc limit ${size} offset ${offset}`;
    },
    columns: sql`, name, id`,
    matching: (window) => sql`(${window}) as home ${visible.join} where ${visible.where}`,
  };
}

const HIT_COLUMNS = ['name', 'tag_count', 'newest_tag', 'last_pushed_at', 'size_bytes'] as const;

/** In the order of `names`. */
async function readRows(db: Database, names: readonly string[]): Promise<readonly RepositoryHit[]> {
  if (names.length === 0) return [];
  const rows = await repositoriesByName(db, names, HIT_COLUMNS);
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
