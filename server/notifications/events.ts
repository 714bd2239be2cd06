import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import { escapeLike } from '../storage/like.ts';
import type { EventsTable, Schema } from '../storage/schema.ts';

/** One entry of an envelope, as the registry reported it. */
export interface RegistryEvent {
  readonly id: number;
  readonly at: number;
  readonly receivedAt: number;
  /** 'push', 'pull', 'delete', 'mount', or whatever a later registry says. */
  readonly action: string;
  readonly repository: string;
  /** For a pull by digest: the tag that the same client asked for just before, as containerd does. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  readonly mediaType: string;
  readonly sizeBytes: number | undefined;
  readonly fromRepository: string | undefined;
  /** '' for anonymous. */
  readonly actor: string;
  /** False: say "unconfirmed" beside the name, as anybody may have sent the event. */
  readonly actorConfirmed: boolean;
  /** As the registry saw it; forgeable where the registry has no proxy in front. */
  readonly address: string;
  readonly userAgent: string;
  readonly method: string;
  readonly instanceId: string;
  readonly verified: boolean;
}

/** Which repositories the viewer may pull; the shape of `catalog/visibility.ts`. */
export type VisibleRepositories = { readonly all: true } | { readonly all: false; readonly id: number };

export interface EventFilter {
  readonly visible: VisibleRepositories;
  readonly action?: string | undefined;
  readonly user?: string | undefined;
  /** Part of a name, or a glob (`team/*`). */
  readonly repository?: string | undefined;
  /** Exactly this repository, for its own activity page. */
  readonly inRepository?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface EventPage {
  readonly rows: readonly RegistryEvent[];
  readonly next: string | undefined;
}

/** How the notifications arrive, for the status page. */
export interface Arrivals {
  readonly lastReceivedAt: number | undefined;
  readonly lastVerifiedAt: number | undefined;
  /** The registry process that sent the last one. */
  readonly lastInstanceId: string | undefined;
  /** Received minus happened, of the newest event; negative when the registry's clock runs ahead. */
  readonly lagMs: number | undefined;
  readonly quarantined: number;
  /** Stored, not parsed yet. */
  readonly waiting: number;
}

const MOST_ROWS = 100;

/** Everything that reads the `events` table for people. */
export function createEventStore(db: Database) {
  return {
    /** Newest first; only manifests, without our own reads and throw-away manifests. */
    async list(filter: EventFilter): Promise<EventPage> {
      const limit = Math.max(1, Math.min(filter.limit ?? MOST_ROWS, MOST_ROWS));
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('of_manifest', '=', 1)
        .where('hidden', '=', 0)
        .where((where) => where.and(conditions(where, filter)))
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        rows: shown.map(toEvent),
        next: rows.length > limit && last !== undefined ? `${last.at}.${last.id}` : undefined,
      };
    },
    arrivals: () => readArrivals(db),
  };
}
export type EventStore = ReturnType<typeof createEventStore>;

type Where = ExpressionBuilder<Schema, 'events'>;

function conditions(where: Where, filter: EventFilter) {
  const parts = [visible(where, filter.visible)];
  if (filter.action) parts.push(where('action', '=', filter.action));
  if (filter.user) parts.push(where('actor', '=', filter.user));
  if (filter.inRepository) parts.push(where('repository', '=', filter.inRepository));
  if (filter.repository) parts.push(matches(filter.repository));
  const position = parsePosition(filter.after);
  if (position !== undefined) {
    parts.push(sql<boolean>`(at < ${position.at} or (at = ${position.at} and id < ${position.id}))`);
  }
  return parts;
}

/** What nobody may pull any more (a repository that is gone) only those see who see everything. */
function visible(where: Where, repositories: VisibleRepositories) {
  if (repositories.all) return sql<boolean>`1 = 1`;
  return where.exists(
    where
      .selectFrom('repositories')
      .innerJoin('visible_repositories', 'visible_repositories.repository_id', 'repositories.id')
      .select('repositories.id')
      .whereRef('repositories.name', '=', 'events.repository')
      .where('visible_repositories.visibility_id', '=', repositories.id),
  );
}

/** A filter, not a rule: `*` crosses slashes here, and the database matches in linear enough time at this length. */
function matches(text: string) {
  const escaped = escapeLike(text.slice(0, 255));
  const pattern = /[*?]/.test(text) ? escaped.replace(/\*+/g, '%').replace(/\?/g, '_') : `%${escaped}%`;
  return sql<boolean>`repository like ${pattern} escape '\\'`;
}

function parsePosition(after: string | undefined): { at: number; id: number } | undefined {
  const found = /^(-?\d{1,15})\.(\d{1,15})$/.exec(after ?? '');
  return found === null ? undefined : { at: Number(found[1]), id: Number(found[2]) };
}

export function toEvent(row: Selectable<EventsTable>): RegistryEvent {
  return {
    id: row.id,
    at: Math.min(row.at, row.received_at),
    receivedAt: row.received_at,
    action: row.action,
    repository: row.repository,
    tag: row.tag ?? undefined,
    digest: row.digest ?? undefined,
    mediaType: row.media_type,
    sizeBytes: row.size_bytes ?? undefined,
    fromRepository: row.from_repository ?? undefined,
    actor: row.actor,
    actorConfirmed: Boolean(row.actor_confirmed),
    address: row.address,
    userAgent: row.user_agent,
    method: row.method,
    instanceId: row.instance_id,
    verified: Boolean(row.verified),
  };
}

async function readArrivals(db: Database): Promise<Arrivals> {
  const last = (verified?: 1) =>
    db
      .selectFrom('events')
      .select(['received_at', 'at', 'instance_id'])
      .$if(verified === 1, (query) => query.where('verified', '=', 1))
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
  const inState = (state: 'new' | 'quarantined') =>
    db
      .selectFrom('envelopes')
      .select((count) => count.fn.countAll<number>().as('count'))
      .where('state', '=', state)
      .executeTakeFirstOrThrow();
  const [newest, verified, odd, fresh] = await Promise.all([last(), last(1), inState('quarantined'), inState('new')]);
  return {
    lastReceivedAt: newest?.received_at,
    lastVerifiedAt: verified?.received_at,
    lastInstanceId: newest?.instance_id || undefined,
    lagMs: newest && newest.received_at - newest.at,
    quarantined: odd.count,
    waiting: fresh.count,
  };
}
