/** Rows with few distinct values, so that ties are the rule, and what a list of them should give, worked out slowly. */

import { ensureRepository } from '../../../server/catalog/index/tag-writes.ts';
import type { Direction, RepositoryFilters, RepositorySort } from '../../../server/catalog/lists/repositories.ts';
import type { Database } from '../../../server/storage/database.ts';

export interface MadeRepository {
  readonly name: string;
  readonly folder: string;
  readonly tags: number;
  readonly newest: string;
  readonly pushed: number | null;
  /** Of the newest tag, as if it was pushed by nobody. */
  readonly built: number;
  readonly by: string | null;
  readonly pulled: number | null;
  readonly pulls: number;
  readonly platforms: readonly string[];
  readonly size: number;
  readonly unique: number;
  readonly kind: string;
}

const FOLDERS = ['', 'team', 'team/sub', 'team2', 'other/a/b'];
const PLATFORMS = [['linux/amd64'], ['linux/amd64', 'linux/arm64'], []];

export function makeRepositories(count: number): readonly MadeRepository[] {
  return Array.from({ length: count }, (_, number) => {
    const pick = <Value>(values: readonly Value[], step: number): Value =>
      values[Math.floor((number * step) / 3) % values.length] as Value;
    const folder = pick(FOLDERS, 7);
    const leaf = `${pick(['app', 'api_', 'Xb'.toLowerCase(), 'z%'.replace('%', '-')], 5)}${(number * 37) % count}`;
    return {
      ...{ name: folder === '' ? leaf : `${folder}/${leaf}`, folder, tags: pick([0, 1, 5], 2) },
      ...{
        newest: pick(['', '1!a', '2'], 4),
        pushed: pick([null, 100, 200, 300], 5),
        built: pick([0, 150, 250], 4),
        by: pick([null, '', 'ci'], 7),
      },
      ...{ pulled: pick([null, 50, 60], 4), pulls: pick([0, 3], 5), platforms: pick(PLATFORMS, 2) },
      ...{ size: pick([0, 10, 1000], 5), unique: pick([0, 7], 2), kind: pick(['image', 'helm'], 5) },
    };
  });
}

export async function storeRepositories(db: Database, made: readonly MadeRepository[]): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const repository of made) {
      const id = await ensureRepository(trx, repository.name, 1000);
      const { tags, newest, pushed, built, by, pulled, pulls, platforms, size, unique, kind } = repository;
      await trx
        .updateTable('repositories')
        .set({
          ...{ tag_count: tags, newest_key: newest, last_pushed_at: pushed, last_pushed_by: by, pull_count: pulls },
          ...{ last_pulled_at: pulled, platforms: JSON.stringify(platforms), platform_count: platforms.length },
          ...{ newest_at: built, size_bytes: size, unique_bytes: unique, folder: repository.folder },
        })
        .where('id', '=', id)
        .execute();
      const facets = [`kind:${kind}`, ...platforms.map((platform) => `platform:${platform}`)];
      await trx
        .insertInto('repository_facets')
        .values(facets.map((facet) => ({ facet, repository_id: id })))
        .execute();
    }
  });
}

const seenUnique = (unique: number) => (unique === 0 ? 9 : 0);

/** A row as somebody knows it who sees a part: other bytes are unique among fewer repositories. */
export function asSeen(row: MadeRepository): MadeRepository {
  return { ...row, unique: seenUnique(row.unique) };
}

export async function storeSeenSums(db: Database): Promise<void> {
  for (const unique of [0, 7]) {
    await db
      .updateTable('visible_repositories')
      .set({ unique_bytes: seenUnique(unique) })
      .where('repository_id', 'in', (made) =>
        made.selectFrom('repositories').select('id').where('unique_bytes', '=', unique),
      )
      .execute();
  }
}

/** Where nobody saw a push the build time stands in. */
export const ageOf = (row: MadeRepository) => row.pushed ?? row.built;

const VALUES: Record<RepositorySort, (row: MadeRepository) => string | number> = {
  name: (row) => row.name,
  tags: (row) => row.tags,
  newest: (row) => row.newest,
  pushed: ageOf,
  by: (row) => row.by ?? '',
  pulled: (row) => row.pulled ?? 0,
  pulls: (row) => row.pulls,
  platforms: (row) => row.platforms.length,
  size: (row) => row.size,
  unique: (row) => row.unique,
};

export function passesFilters(row: MadeRepository, filters: RepositoryFilters): boolean {
  const { filter, platform, kind, pushedBefore, pushedAfter, atLeastBytes, atMostBytes } = filters;
  return (
    (filter === undefined || row.name.includes(filter.toLowerCase())) &&
    (platform === undefined || row.platforms.includes(platform)) &&
    (kind === undefined || row.kind === kind) &&
    (pushedBefore === undefined || ageOf(row) < pushedBefore) &&
    (pushedAfter === undefined || ageOf(row) >= pushedAfter) &&
    (atLeastBytes === undefined || row.size >= atLeastBytes) &&
    (atMostBytes === undefined || row.size <= atMostBytes) &&
    (filters.neverPulled !== true || row.pulled === null) &&
    (filters.isEmpty !== true || row.tags === 0)
  );
}

export function sortedNames(rows: readonly MadeRepository[], sort: RepositorySort, direction: Direction) {
  const compare = (one: string | number, other: string | number) => (one < other ? -1 : one > other ? 1 : 0);
  const value = VALUES[sort];
  const rising = [...rows].sort((one, other) => compare(value(one), value(other)) || compare(one.name, other.name));
  return (direction === 'asc' ? rising : rising.reverse()).map((row) => row.name);
}

interface AnyPage<Row> {
  readonly rows: readonly Row[];
  readonly next: string | undefined;
  readonly previous: string | undefined;
}

/** All pages from the first to the last, and the way back from there to the first. */
export async function walk<Row>(read: (after: string | undefined) => Promise<AnyPage<Row>>) {
  const forward: (readonly Row[])[] = [];
  let page = await read(undefined);
  forward.push(page.rows);
  while (page.next !== undefined) {
    page = await read(page.next);
    forward.push(page.rows);
  }
  const back = [page.rows];
  while (page.previous !== undefined) {
    page = await read(page.previous);
    back.unshift(page.rows);
  }
  return { forward, back };
}
