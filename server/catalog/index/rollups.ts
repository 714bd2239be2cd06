/** Totals of a repository, updated by adding the difference. Each function is for use in a transaction. */
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { addSums } from '../base/repository-writes.ts';
import { tagKey } from '../base/tag-key.ts';
import type { HeldRow } from './affected-manifests.ts';
import type { TagRow } from './tag-writes.ts';

export interface HeldChange {
  readonly before: ReadonlyMap<string, HeldRow>;
  readonly after: ReadonlyMap<string, HeldRow>;
  /** Difference in bytes of everything that tags keep, each blob once. */
  readonly bytes: number;
  readonly at: number;
}

/** Adds the difference to the repository's totals, facets and newest tag. */
export async function updateRollups(trx: Database, repositoryId: number, change: HeldChange): Promise<void> {
  const added = { ...difference(change), size_bytes: change.bytes };
  const platforms = await changeFacets(trx, repositoryId, change);
  const columns = {
    ...(await newestTag(trx, repositoryId)),
    ...(platforms !== undefined && platformColumns(platforms)),
  };
  await addSums(trx, repositoryId, added, { ...columns, at: change.at });
}

/** The same columns for a new repository, from all its rows. */
export function initialRollups(rows: ReadonlyMap<string, HeldRow>, tags: readonly TagRow[], bytes: number) {
  const facets = new Map<string, number>();
  addFacets(facets, rows, 1);
  const platforms = platformsAmong([...facets.keys()]);
  const newest = newestAmong(tags.filter((tag) => tag.subject_digest === null));
  return {
    facets,
    columns: {
      ...sumsOf(rows),
      size_bytes: bytes,
      ...platformColumns(platforms),
      ...newestColumns(newest),
    },
  };
}

/** The same order as in `newestTag`. */
function newestAmong(tags: readonly TagRow[]): TagRow | undefined {
  const isKnown = tags.some((tag) => tag.aged_at > 0);
  const ageOf = (tag: TagRow): number | string => (isKnown ? tag.aged_at : tag.name_key);
  let newest: TagRow | undefined;
  for (const tag of tags) if (newest === undefined || isAfter(tag, newest, ageOf)) newest = tag;
  return newest;
}

function isAfter(one: TagRow, other: TagRow, ageOf: (tag: TagRow) => number | string): boolean {
  const [value, otherValue] = [ageOf(one), ageOf(other)];
  return value > otherValue || (value === otherValue && one.name > other.name);
}

function difference({ before, after }: HeldChange) {
  const [less, more] = [sumsOf(before), sumsOf(after)];
  return {
    tag_count: more.tag_count - less.tag_count,
    image_count: more.image_count - less.image_count,
    untagged_count: more.untagged_count - less.untagged_count,
    logical_bytes: more.logical_bytes - less.logical_bytes,
  };
}

function sumsOf(rows: ReadonlyMap<string, HeldRow>) {
  const sums = { tag_count: 0, image_count: 0, untagged_count: 0, logical_bytes: 0 };
  for (const row of rows.values()) {
    sums.tag_count += row.tag_count;
    sums.image_count += row.state === 'tagged' ? 1 : 0;
    sums.untagged_count += row.state === 'untagged' ? 1 : 0;
    sums.logical_bytes += row.state === 'tagged' ? row.size_bytes : 0;
  }
  return sums;
}

/** The newest tag; where no age is known, the highest. */
async function newestTag(trx: Database, repositoryId: number) {
  const tags = trx
    .selectFrom('tags')
    .select(['name', 'aged_at'])
    .where('repository_id', '=', repositoryId)
    .where('subject_digest', 'is', null)
    .limit(1);
  const youngest = await tags.orderBy('aged_at', 'desc').orderBy('name', 'desc').executeTakeFirst();
  const isKnown = youngest === undefined || youngest.aged_at > 0;
  const newest = isKnown ? youngest : await tags.orderBy('name_key', 'desc').orderBy('name', 'desc').executeTakeFirst();
  return newestColumns(newest);
}

function newestColumns(newest: Pick<TagRow, 'name' | 'aged_at'> | undefined) {
  return {
    newest_tag: newest?.name ?? null,
    newest_key: newest === undefined ? '' : tagKey(newest.name),
    newest_at: newest?.aged_at ?? 0,
  };
}

function platformColumns(platforms: readonly string[]) {
  return { platforms: JSON.stringify(platforms), platform_count: platforms.length };
}

const PLATFORM = 'platform:';

/** @returns the repository's platforms if they may have changed. */
async function changeFacets(
  trx: Database,
  repositoryId: number,
  { before, after }: HeldChange,
): Promise<readonly string[] | undefined> {
  const counts = new Map<string, number>();
  addFacets(counts, before, -1);
  addFacets(counts, after, 1);
  const rows = [...counts]
    .filter(([, image_count]) => image_count !== 0)
    .map(([facet, image_count]) => ({ facet, repository_id: repositoryId, image_count }));
  if (rows.length === 0) return undefined;
  await addFacetCounts(trx, rows);
  if (rows.some((row) => row.image_count < 0)) await dropEmptyFacets(trx, repositoryId);
  return rows.some((row) => row.facet.startsWith(PLATFORM)) ? platformsOf(trx, repositoryId) : undefined;
}

export const addFacetCounts = createInsertion({
  into: 'repository_facets',
  columns: ['facet', 'repository_id', 'image_count'],
  conflict: { on: ['facet', 'repository_id'], add: ['image_count'] },
});

function addFacets(counts: Map<string, number>, rows: ReadonlyMap<string, HeldRow>, step: 1 | -1): void {
  for (const row of rows.values()) {
    if (row.state !== 'tagged') continue;
    const platforms = row.platforms === '[]' ? [] : (JSON.parse(row.platforms) as string[]);
    for (const facet of [`kind:${row.kind}`, ...platforms.map((platform) => `${PLATFORM}${platform}`)]) {
      counts.set(facet, (counts.get(facet) ?? 0) + step);
    }
  }
}

/** Deletes all counts, before they are computed again. */
export async function deleteFacets(trx: Database, repositoryId: number): Promise<void> {
  await trx.deleteFrom('repository_facets').where('repository_id', '=', repositoryId).execute();
}

async function dropEmptyFacets(trx: Database, repositoryId: number): Promise<void> {
  await trx
    .deleteFrom('repository_facets')
    .where('repository_id', '=', repositoryId)
    .where('image_count', '<=', 0)
    .execute();
}

async function platformsOf(trx: Database, repositoryId: number): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom('repository_facets')
    .select('facet')
    .where('repository_id', '=', repositoryId)
    .execute();
  return platformsAmong(rows.map((row) => row.facet));
}

function platformsAmong(facets: readonly string[]): readonly string[] {
  return facets
    .filter((facet) => facet.startsWith(PLATFORM))
    .map((facet) => facet.slice(PLATFORM.length))
    .sort();
}
