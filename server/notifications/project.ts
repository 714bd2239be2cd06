import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Insertable } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Bus } from '../bus/bus.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import type { EventsTable } from '../storage/schema.ts';
import { type ParsedEvent, type Portion, readPortions } from './envelope.ts';
import { markParsed, markQuarantined } from './envelope-writes.ts';
import { changeEvent, insertEvents } from './event-writes.ts';
import { type QuarantinedNames, repositoriesNamedIn } from './quarantine-names.ts';

/** The fields of an event that `attribute` needs. */
export type Asked = Pick<ParsedEvent, 'action' | 'actor' | 'repository' | 'tag' | 'digest'>;

export interface EventAttribution {
  /** This user was recently issued a token for this action on this repository. */
  readonly isPermitted: boolean;
  /** The event is about a throw-away manifest of a deletion. */
  readonly isOwnDigest: boolean;
  /** The user on whose behalf we deleted; the registry only knows our name. */
  readonly deletedBy: string | undefined;
  readonly restoredBy: string | undefined;
}

export interface ProjectionDeps {
  readonly db: Database;
  /** Returns one result for each event, in the same order. */
  readonly attribute: (events: readonly Asked[]) => Promise<readonly EventAttribution[]>;
  /** Called for an unknown instance ID: events may have been lost before it. */
  readonly onInstance: (instanceId: string, verified: boolean) => void;
  readonly log: Logger;
  /** `events-kept` is published after each commit. */
  readonly bus: Pick<Bus, 'publish'>;
  /** Called for an envelope that was not fully parsed. */
  readonly onQuarantined?: (envelope: QuarantinedNames) => void;
  /** Called with the number of events in unverified envelopes, and how many of them are confirmed. */
  readonly onUnverified?: (events: number, confirmed: number) => void;
}

interface StoredEnvelope {
  readonly id: number;
  readonly received_at: number;
  readonly verified: 0 | 1;
  readonly source: string;
  readonly body: Buffer;
}

interface Read extends Portion {
  readonly envelope: StoredEnvelope;
  /** Number of events parsed so far. */
  readonly eventCount: number;
}

const ENVELOPES_PER_STEP = 100;
const MAX_BYTES = 8 * 1024 * 1024;
const EVENTS_PER_COMMIT = 400;
// Pulling a multi-platform image requests the index by tag, then a manifest by digest.
const SAME_PULL_MS = 5000;
const MAX_INSTANCES = 1000;
const OWN_AGENT = /^registry-web\//;

/** Parses stored envelopes into rows of `events`, in order of arrival. Idempotent. */
export function createProjection(deps: ProjectionDeps) {
  const { db, onInstance, log } = deps;
  // Bounded, because unverified envelopes can contain invented IDs.
  const instances = new LRUCache<string, true>({ max: MAX_INSTANCES });

  function handleInstances(reads: readonly Read[]): void {
    for (const { envelope, events } of reads) {
      for (const { instanceId } of events) {
        if (instanceId === '' || instances.has(instanceId)) continue;
        instances.set(instanceId, true);
        onInstance(instanceId, envelope.verified === 1);
      }
    }
  }

  async function keep(reads: readonly Read[]): Promise<void> {
    const confirmed = await store(deps, reads);
    handleInstances(reads);
    const named = new Set(eventsIn(reads).map(({ repository }) => repository));
    if (named.size > 0) deps.bus.publish({ kind: 'events-kept', repositories: [...named] });
    const isOpen = ({ envelope }: Read) => envelope.verified === 0;
    deps.onUnverified?.(eventsIn(reads.filter(isOpen)).length, confirmed);
    for (const { envelope, error } of reads) if (error !== undefined) quarantine(envelope, error);
  }

  function quarantine({ id, verified, body }: StoredEnvelope, error: string): void {
    log.warn({ envelope: id, error }, 'notification quarantined');
    deps.onQuarantined?.({ verified: verified === 1, ...repositoriesNamedIn(body) });
  }

  return {
    /** @returns the number of envelopes processed; 0 when none is left. */
    async step(): Promise<number> {
      const envelopes = await takeNew(db);
      let reads: Read[] = [];
      for (const envelope of envelopes) {
        let eventCount = 0;
        for (const portion of readPortions(envelope.body, envelope.received_at)) {
          eventCount += portion.events.length;
          reads.push({ envelope, eventCount, ...portion });
          if (eventsIn(reads).length < EVENTS_PER_COMMIT) continue;
          await keep(reads);
          reads = [];
          await nextTurn();
        }
      }
      if (reads.length > 0) await keep(reads);
      return envelopes.length;
    },
    /** Loads the instance IDs that were known before this start. */
    async remember(): Promise<void> {
      const rows = await db.selectFrom('events').select('instance_id').orderBy('id', 'desc').limit(500).execute();
      for (const row of rows) instances.set(row.instance_id, true);
    },
  };
}

/** Selects by size first, so that a batch of large envelopes does not fill the memory. */
async function takeNew(db: Database): Promise<readonly StoredEnvelope[]> {
  const sizes = await db
    .selectFrom('envelopes')
    .select(['id', 'size_bytes'])
    .where('state', '=', 'new')
    .orderBy('id')
    .limit(ENVELOPES_PER_STEP)
    .execute();
  let bytes = 0;
  const ids: number[] = [];
  for (const row of sizes) {
    bytes += row.size_bytes;
    if (bytes <= MAX_BYTES || ids.length === 0) ids.push(row.id);
  }
  if (ids.length === 0) return [];
  return db
    .selectFrom('envelopes')
    .select(['id', 'received_at', 'verified', 'source', 'body'])
    .where('id', 'in', ids)
    .orderBy('id')
    .execute();
}

function eventsIn(reads: readonly Read[]): readonly ParsedEvent[] {
  return reads.flatMap(({ events }) => events);
}

/** Marks envelopes as parsed; most have one event, so they share a statement. */
async function markRead(transaction: Database, reads: readonly Read[]): Promise<void> {
  const ended = reads.filter(({ isLast }) => isLast);
  const good = ended.filter(({ error }) => error === undefined);
  for (const event_count of new Set(good.map(({ eventCount }) => eventCount))) {
    const ids = good.filter(({ eventCount }) => eventCount === event_count).map(({ envelope }) => envelope.id);
    await markParsed(transaction, ids, event_count);
  }
  for (const { envelope, eventCount, error } of ended) {
    if (error === undefined) continue;
    await markQuarantined(transaction, envelope.id, { error, eventCount });
  }
}

/**
 * An envelope is marked in the transaction of its last events. After a crash it is parsed again, and existing events
 * stay.
 * @returns the number of confirmed events of unverified envelopes.
 */
async function store(deps: ProjectionDeps, reads: readonly Read[]): Promise<number> {
  const found = reads.flatMap(({ envelope, events }) => events.map((event) => ({ envelope, event })));
  const judged = await deps.attribute(found.map(({ event }) => askedOf(event)));
  const rows = found.map(({ envelope, event }, index) => rowOf(envelope, event, judged[index] ?? NO_ATTRIBUTION));
  await deps.db.transaction().execute(async (transaction) => {
    await insertEvents(transaction, rows);
    await markRead(transaction, reads);
    await joinPulls(transaction, reads);
  });
  return rows.filter((row) => row.verified === 0 && row.actor_confirmed === 1).length;
}

const NO_ATTRIBUTION: EventAttribution = {
  isPermitted: false,
  isOwnDigest: false,
  deletedBy: undefined,
  restoredBy: undefined,
};

function askedOf({ action, actor, repository, tag, digest }: ParsedEvent): Asked {
  return { action, actor, repository, tag, digest };
}

function rowOf(envelope: StoredEnvelope, event: ParsedEvent, judged: EventAttribution): Insertable<EventsTable> {
  const ours = event.actor === '' && OWN_AGENT.test(event.userAgent);
  const asked = ours || envelope.verified === 1 ? askedOfUs(event, judged) : undefined;
  const confirmed = envelope.verified === 1 || judged.isPermitted;
  // A HEAD is a client that checks whether it has to pull; blobs are of no interest.
  const looks = event.action === 'pull' && (event.method === 'HEAD' || ours);
  const hidden = looks || judged.isOwnDigest;
  return {
    event_id: event.eventId,
    envelope_id: envelope.id,
    received_at: envelope.received_at,
    // If the registry's clock is ahead, the event must not stay above all later ones.
    at: Math.min(event.at, envelope.received_at),
    action: asked?.action ?? event.action,
    repository: event.repository,
    tag: event.tag,
    digest: event.digest,
    media_type: event.mediaType,
    size_bytes: event.sizeBytes,
    from_repository: event.fromRepository,
    actor: asked?.actor ?? event.actor,
    actor_confirmed: confirmed || asked !== undefined ? 1 : 0,
    address: event.address,
    user_agent: event.userAgent,
    method: event.method,
    instance_id: event.instanceId,
    verified: envelope.verified,
    source: envelope.source,
    of_manifest: event.ofManifest ? 1 : 0,
    hidden: hidden ? 1 : 0,
    applied: hidden || !event.ofManifest ? 1 : 0,
  };
}

/** Events of our own requests are attributed to the user who caused them. */
function askedOfUs({ action, userAgent }: ParsedEvent, { deletedBy, restoredBy }: EventAttribution) {
  if (!OWN_AGENT.test(userAgent)) return undefined;
  if (action === 'delete' && deletedBy !== undefined) return { action, actor: deletedBy };
  return action === 'push' && restoredBy !== undefined ? { action: 'restore', actor: restoredBy } : undefined;
}

/**
 * Merges the events of one pull into one row under its tag: containerd sends HEAD by tag and GET by digest, and an
 * index adds a GET for the platform's manifest.
 */
async function joinPulls(db: Database, reads: readonly Read[]): Promise<void> {
  for (const { events } of reads) {
    for (const event of events) {
      if (event.action !== 'pull' || event.method !== 'GET' || event.tag !== null || !event.ofManifest) continue;
      const before = await lookBefore(db, event);
      if (before === undefined) continue;
      const change = before.digest === event.digest ? { tag: before.tag } : { hidden: 1 as const, applied: 1 as const };
      await changeEvent(db, event.eventId, change);
    }
  }
}

async function lookBefore(db: Database, event: ParsedEvent) {
  const rows = await db
    .selectFrom('events')
    .select(['tag', 'digest', 'method'])
    .where('repository', '=', event.repository)
    .where('at', '<=', event.at)
    .where('at', '>=', event.at - SAME_PULL_MS)
    .where('action', '=', 'pull')
    .where('tag', 'is not', null)
    .where('actor', '=', event.actor)
    .where('address', '=', event.address)
    .orderBy('at', 'desc')
    .limit(10)
    .execute();
  return rows.find((row) => row.digest === event.digest) ?? rows.find((row) => row.method === 'GET');
}
