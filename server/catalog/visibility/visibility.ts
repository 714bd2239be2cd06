/**
 * The index of the registry: repositories, tags, manifests and blobs. Pages read it and never call the registry. Rights
 * are decided in `access/` and applied here; deletions belong to `housekeeping/`, events to `notifications/`.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Rights } from '../../access/rights.ts';
import { pullPatterns } from '../../access/rights.ts';
import type { Database } from '../../storage/database.ts';
import { buildVisibility } from './build.ts';

/** The repositories that a viewer may pull. `id` is that of the table `visibilities`; 0: none. */
export type Visibility = { readonly all: true; readonly id: number } | { readonly all: false; readonly id: number };

export const EVERYTHING: Visibility = { all: true, id: 1 };
export const NOTHING: Visibility = { all: false, id: 0 };

/** SQL condition: the repository with the ID in `column` is visible. */
export function isVisible(visibility: Visibility, column = 'repositories.id'): RawBuilder<SqlBool> {
  if (visibility.all) return sql<SqlBool>`1 = 1`;
  if (visibility.id === NOTHING.id) return sql<SqlBool>`1 = 0`;
  return sql<SqlBool>`exists (select 1 from visible_repositories as seen
    where seen.visibility_id = ${visibility.id} and seen.repository_id = ${sql.ref(column)})`;
}

/** The same by name. Repositories that are no longer in the index are only visible to viewers who see everything. */
export function isVisibleName(visibility: Visibility | { readonly all: true }, column: string): RawBuilder<SqlBool> {
  if (visibility.all) return sql<SqlBool>`1 = 1`;
  return sql<SqlBool>`exists (select 1 from repositories as home
    join visible_repositories as seen on seen.repository_id = home.id
    where home.name = ${sql.ref(column)} and seen.visibility_id = ${visibility.id})`;
}

const MAX_REMEMBERED = 10_000;
const USE_NOTED_EVERY_MS = 3600_000;
interface Remembered {
  readonly id: number;
  readonly notedAt: number;
}

/** Computes the repositories of a set of patterns, or records its use. @returns the ID of the visibility. */
export type BuildVisibility = (patterns: readonly string[], at: number) => Promise<number>;

function buildHere(db: Database): BuildVisibility {
  return (patterns, at) => buildVisibility(db, patterns, at);
}

/**
 * Stores the repositories of each set of patterns in use, so that a list costs every viewer the same. A set is computed
 * for its first viewer; later, each new repository is added to it when it is inserted.
 */
export function createVisibility(db: Database, now: () => number = Date.now, build: BuildVisibility = buildHere(db)) {
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED });
  const underway = new Map<string, Promise<number>>();

  async function find(patterns: readonly string[]): Promise<number> {
    const text = patterns.join('\n');
    const known = remembered.get(text);
    const at = now();
    if (known !== undefined && Math.abs(at - known.notedAt) < USE_NOTED_EVERY_MS) return known.id;
    const building = underway.get(text) ?? build(patterns, at).finally(() => underway.delete(text));
    underway.set(text, building);
    const id = await building;
    remembered.set(text, { id, notedAt: at });
    return id;
  }

  return {
    async of(rights: Rights, address: string): Promise<Visibility> {
      const patterns = rights.isAdmin ? 'all' : pullPatterns(rights, address);
      if (patterns === 'all' || patterns.includes('**')) return EVERYTHING;
      const distinct = [...new Set(patterns)].sort();
      return distinct.length === 0 ? NOTHING : { all: false, id: await find(distinct) };
    },
  };
}
export type VisibilityStore = ReturnType<typeof createVisibility>;
