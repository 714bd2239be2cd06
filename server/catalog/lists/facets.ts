import { type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { type Clock, monotonic } from '../../clock.ts';
import type { Database } from '../../storage/database.ts';
import type { Visibility } from '../visibility/visibility.ts';
import { visibleCount } from '../visibility/visible-repositories.ts';

/** Platforms and kinds in a viewer's repositories, for filters. */
export interface Facets {
  /** `linux/amd64`, … */
  readonly platforms: readonly string[];
  readonly kinds: readonly string[];
}

// Bounded, because images with invented platforms could bring thousands.
const MAX_FACETS = 60;
const KEPT_MS = 30_000;
const MAX_KEPT = 1000;
/** Up to this number of repositories all their facets are read; beyond, each facet is searched by itself. */
const MAX_SCANNED_REPOSITORIES = 1500;

/** Cached for half a minute: they change rarely, and each list page needs them. */
export function createFacets(db: Database, clock: Clock = monotonic) {
  const perf = { now: clock };
  const kept = new LRUCache<number, Facets>({ max: MAX_KEPT, ttl: KEPT_MS, ttlResolution: 0, perf });
  return async (visibility: Visibility): Promise<Facets> => {
    const known = kept.get(visibility.id);
    if (known !== undefined) return known;
    const facets = await readFacets(db, visibility);
    kept.set(visibility.id, facets);
    return facets;
  };
}

async function readFacets(db: Database, visibility: Visibility): Promise<Facets> {
  const found = (await sql<{ facet: string }>`${await facetsQuery(db, visibility)}`.execute(db)).rows;
  const of = (prefix: string) =>
    found.filter(({ facet }) => facet.startsWith(prefix)).map(({ facet }) => facet.slice(prefix.length));
  return { platforms: of('platform:'), kinds: of('kind:') };
}

async function facetsQuery(db: Database, visibility: Visibility): Promise<RawBuilder<unknown>> {
  const { all, id } = visibility;
  if (all) return distinctFacets(sql`1 = 1`);
  if ((await visibleCount(db, visibility)) <= MAX_SCANNED_REPOSITORIES) {
    return sql`select distinct facet from visible_repositories as seen
      cross join repository_facets as held
      where seen.visibility_id = ${id} and held.repository_id = seen.repository_id
      order by facet limit ${MAX_FACETS}`;
  }
  return distinctFacets(sql`exists (select 1 from repository_facets as held
    cross join visible_repositories as seen
    where held.facet = facets.facet and seen.visibility_id = ${id} and seen.repository_id = held.repository_id)`);
}

/** Skips from one facet to the next along the index, however many repositories have each. */
function distinctFacets(condition: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`with recursive facets(facet, number) as (
      select (select min(facet) from repository_facets), 1
      union all
      select (select min(held.facet) from repository_facets as held where held.facet > facets.facet), number + 1
      from facets where facets.facet is not null and number < ${MAX_FACETS})
    select facet from facets where facet is not null and ${condition} order by facet`;
}
