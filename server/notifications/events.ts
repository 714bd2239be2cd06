import type { Database } from '../storage/database.ts';
import { type EventFilter, type EventRow, positionOf, readEvents, type SeesRepository } from './event-query.ts';
import { readRuns } from './runs.ts';

/** One entry of an envelope, as the registry reported it. */
export interface RegistryEvent {
  readonly id: number;
  readonly at: number;
  readonly receivedAt: number;
  /** 'push', 'pull', 'delete', 'mount', or a later registry's action. */
  readonly action: string;
  readonly repository: string;
  /** Of a pull by digest: the tag that the same client asked for just before, as containerd does. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  readonly mediaType: string;
  readonly sizeBytes: number | undefined;
  readonly fromRepository: string | undefined;
  /** '' for anonymous. */
  readonly actor: string;
  /** False: the event came without the secret, and its user had no token for it. Shown as "unconfirmed". */
  readonly actorConfirmed: boolean;
  /** The client's address as the registry saw it; clients can forge it unless the registry is behind a proxy. */
  readonly address: string;
  readonly userAgent: string;
  readonly method: string;
  readonly instanceId: string;
  readonly verified: boolean;
}

export interface EventPage {
  readonly rows: readonly RegistryEvent[];
  readonly next: string | undefined;
}

/** Consecutive events with the same action, user and image. */
export interface EventRun {
  /** Newest first, at least one. */
  readonly events: readonly RegistryEvent[];
  /** The run continues on the next page. */
  readonly isCut: boolean;
}

export interface EventRunPage {
  readonly rows: readonly EventRun[];
  readonly next: string | undefined;
}

/** How the notifications arrive, for the status page. */
export interface Arrivals {
  readonly lastReceivedAt: number | undefined;
  readonly lastVerifiedAt: number | undefined;
  /** Instance ID of the registry process that sent the newest event. */
  readonly lastInstanceId: string | undefined;
  /** Delay of the newest event: received minus happened. Negative when the registry's clock is ahead. */
  readonly lagMs: number | undefined;
  readonly quarantined: number;
  /** Number of envelopes that are stored but not parsed. */
  readonly waiting: number;
}

const MAX_ROWS = 100;
const MAX_RUN_ROWS = 2000;
const RUN_ROWS_AT_ONCE = 250;

/** Queries on the `events` table for people. */
export function createEventStore(db: Database, seesRepository: SeesRepository) {
  return {
    /** Newest first. */
    async list(filter: EventFilter): Promise<EventPage> {
      const limit = limitOf(filter);
      const rows = await readEvents(db, seesRepository, filter, limit + 1);
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        rows: shown.map(toEvent),
        next: rows.length > limit && last !== undefined ? positionOf(last) : undefined,
      };
    },
    /** The same list, with consecutive similar events as one row. */
    async runs(filter: EventFilter): Promise<EventRunPage> {
      const read = (after: string | undefined, limit: number) =>
        readEvents(db, seesRepository, { ...filter, after }, limit);
      const limits = { runs: limitOf(filter), rows: MAX_RUN_ROWS, rowsAtOnce: RUN_ROWS_AT_ONCE };
      const { runs, next } = await readRuns({ read, isSame: isSameAction, positionOf }, filter.after, limits);
      return { rows: runs.map(({ rows, isCut }) => ({ events: rows.map(toEvent), isCut })), next };
    },
    arrivals: () => readArrivals(db),
  };
}
export type EventStore = ReturnType<typeof createEventStore>;

function limitOf({ limit = MAX_ROWS }: EventFilter): number {
  return Math.max(1, Math.min(limit, MAX_ROWS));
}

/** Confirmed and unconfirmed events are never in the same run. */
function isSameAction(one: EventRow, other: EventRow): boolean {
  return (
    one.repository === other.repository &&
    one.action === other.action &&
    one.tag === other.tag &&
    one.digest === other.digest &&
    one.actor === other.actor &&
    one.actor_confirmed === other.actor_confirmed
  );
}

export function toEvent(row: EventRow): RegistryEvent {
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

/** How the notifications arrive. */
export async function readArrivals(db: Database): Promise<Arrivals> {
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
    quarantined: Number(odd.count),
    waiting: Number(fresh.count),
  };
}
