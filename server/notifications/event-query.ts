/** Filters and order of event lists. */
import { type Expression, type ExpressionBuilder, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { escapeLike } from '../storage/like.ts';
import { MAX_ID } from '../storage/row-id.ts';
import type { EventsTable, Schema } from '../storage/schema.ts';

/** Which repositories the viewer may pull; the shape of `catalog/visibility/`, which stands beside this folder. */
export type VisibleRepositories = { readonly all: true } | { readonly all: false; readonly id: number };

/** Condition for `where`: the repository whose name stands in `column` may be seen. */
export type SeesRepository = (visible: VisibleRepositories, column: string) => RawBuilder<SqlBool>;

export interface EventFilter {
  readonly visible: VisibleRepositories;
  readonly action?: string | undefined;
  readonly user?: string | undefined;
  /** Part of a repository name, or a glob (`team/*`). */
  readonly repository?: string | undefined;
  /** Exactly this repository. */
  readonly inRepository?: string | undefined;
  /** Epoch milliseconds, inclusive. */
  readonly from?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly until?: number | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export type EventRow = Selectable<EventsTable>;

/** Newest first. Only events of manifests, without our own reads and throw-away manifests. */
export function readEvents(
  db: Database,
  seesRepository: SeesRepository,
  filter: EventFilter,
  limit: number,
): Promise<readonly EventRow[]> {
  return db
    .selectFrom('events')
    .selectAll()
    .where('of_manifest', '=', 1)
    .where('hidden', '=', 0)
    .where(seesRepository(filter.visible, 'events.repository'))
    .where((where) => where.and(conditions(where, filter)))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export function positionOf({ at, id }: EventRow): string {
  return `${at}.${id}`;
}

type Where = ExpressionBuilder<Schema, 'events'>;

function conditions(where: Where, filter: EventFilter) {
  const parts: Expression<SqlBool>[] = [];
  if (filter.action) parts.push(where('action', '=', filter.action));
  if (filter.user) parts.push(where('actor', '=', filter.user));
  if (filter.inRepository) parts.push(where('repository', '=', filter.inRepository));
  if (filter.repository) parts.push(matches(filter.repository));
  if (filter.from !== undefined) parts.push(where('at', '>=', filter.from));
  if (filter.until !== undefined) parts.push(where('at', '<', filter.until));
  const position = parsePosition(filter.after);
  if (position !== undefined) {
    // The first condition is redundant, but lets the query begin inside an index.
    parts.push(sql<boolean>`(at <= ${position.at} and (at < ${position.at} or id < ${position.id}))`);
  }
  return parts;
}

/** In this filter `*` also matches slashes, unlike in rules. */
function matches(text: string) {
  const escaped = escapeLike(text.slice(0, 255));
  const pattern = /[*?]/.test(text) ? escaped.replace(/\*+/g, '%').replace(/\?/g, '_') : `%${escaped}%`;
  return sql<boolean>`repository like ${pattern} escape '\\'`;
}

function parsePosition(after: string | undefined): { at: number; id: number } | undefined {
  const found = /^(-?\d{1,15})\.(\d{1,15})$/.exec(after ?? '');
  return found === null ? undefined : { at: Number(found[1]), id: Math.min(Number(found[2]), MAX_ID) };
}
