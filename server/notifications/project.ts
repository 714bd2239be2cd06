import type { Insertable } from 'kysely';
import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import type { EventsTable } from '../storage/schema.ts';
import { type ParsedEvent, parseEnvelope } from './envelope.ts';

export interface EventTarget {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

export interface ProjectionDeps {
  readonly db: Database;
  /** True when we issued that subject a token for this on that repository within its lifetime. */
  readonly holdsPermit: (subject: string, repository: string, action: 'pull' | 'push') => boolean;
  /** True for the throw-away manifests of a deletion. */
  readonly isOwnDigest: (digest: string) => boolean;
  /** Who asked us for this deletion: the registry only knows that we did it. */
  readonly whoDeleted: (event: EventTarget) => string | undefined;
  /** Who asked us to put this back: the registry reports a push of ours. */
  readonly whoRestored: (event: EventTarget) => string | undefined;
  /** A registry process that was not heard of before: events may have been lost in between. */
  readonly onInstance: (instanceId: string, verified: boolean) => void;
  readonly log: Logger;
  /** After each step that kept events, with their repositories. */
  readonly onKept?: (repositories: readonly string[]) => void;
}

interface StoredEnvelope {
  readonly id: number;
  readonly received_at: number;
  readonly verified: 0 | 1;
  readonly body: Buffer;
}

interface Read {
  readonly envelope: StoredEnvelope;
  readonly events: readonly ParsedEvent[];
  readonly error: string | undefined;
}

/** A step that read fewer has read all. */
export const ENVELOPES_PER_STEP = 100;
const MOST_BYTES = 8 * 1024 * 1024;
const ROWS_PER_INSERT = 100;
// One pull of a multi-platform image reads the index by tag, then a manifest by digest.
const SAME_PULL_MS = 5000;
const OWN_AGENT = /^registry-web\//;

/** Turns stored envelopes into events, in the order of their arrival. Repeating it changes nothing. */
export function createProjection(deps: ProjectionDeps) {
  const { db, onInstance, log } = deps;
  const instances = new Set<string>();

  function noteInstances(reads: readonly Read[]): void {
    for (const { envelope, events } of reads) {
      for (const { instanceId } of events) {
        if (instanceId === '' || instances.has(instanceId)) continue;
        // Bounded, as anybody may invent instances where no secret was agreed.
        if (instances.size >= 1000) instances.clear();
        instances.add(instanceId);
        onInstance(instanceId, envelope.verified === 1);
      }
    }
  }

  return {
    /** @returns how many envelopes were read; 0 when none is left. */
    async step(): Promise<number> {
      const envelopes = await takeNew(db);
      if (envelopes.length === 0) return 0;
      const reads = envelopes.map((envelope) => read(envelope));
      await store(deps, reads);
      const odd = reads.filter((each) => each.error !== undefined);
      for (const each of odd) log.warn({ envelope: each.envelope.id, error: each.error }, 'notification kept aside');
      noteInstances(reads);
      const named = new Set(reads.flatMap(({ events }) => events.map(({ repository }) => repository)));
      if (named.size > 0) deps.onKept?.([...named]);
      return envelopes.length;
    },
    /** Instances known before this start are no news. */
    async remember(): Promise<void> {
      const rows = await db.selectFrom('events').select('instance_id').orderBy('id', 'desc').limit(500).execute();
      for (const row of rows) instances.add(row.instance_id);
    },
  };
}

/** Sizes first, so that a batch of large envelopes does not fill the memory. */
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
    if (bytes <= MOST_BYTES || ids.length === 0) ids.push(row.id);
  }
  if (ids.length === 0) return [];
  return db
    .selectFrom('envelopes')
    .select(['id', 'received_at', 'verified', 'body'])
    .where('id', 'in', ids)
    .orderBy('id')
    .execute();
}

function read(envelope: StoredEnvelope): Read {
  try {
    return { envelope, ...parseEnvelope(envelope.body, envelope.received_at) };
  } catch (error) {
    return { envelope, events: [], error: errorText(error) };
  }
}

/** Events and the mark on their envelopes are one transaction: a crash repeats both or neither. */
async function store(deps: ProjectionDeps, reads: readonly Read[]): Promise<void> {
  const rows = reads.flatMap(({ envelope, events }) => events.map((event) => rowOf(deps, envelope, event)));
  await deps.db.transaction().execute(async (transaction) => {
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
      await transaction
        .insertInto('events')
        .values(rows.slice(start, start + ROWS_PER_INSERT))
        .onConflict((conflict) => conflict.column('event_id').doNothing())
        .execute();
    }
    const good = reads.filter((each) => each.error === undefined).map((each) => each.envelope.id);
    if (good.length > 0) {
      await transaction.updateTable('envelopes').set({ state: 'parsed' }).where('id', 'in', good).execute();
    }
    for (const { envelope, error } of reads) {
      if (error === undefined) continue;
      const odd = { state: 'quarantined' as const, error };
      await transaction.updateTable('envelopes').set(odd).where('id', '=', envelope.id).execute();
    }
    await joinPulls(transaction, reads);
  });
}

function rowOf(deps: ProjectionDeps, envelope: StoredEnvelope, event: ParsedEvent): Insertable<EventsTable> {
  const { holdsPermit, isOwnDigest } = deps;
  const ours = event.actor === '' && OWN_AGENT.test(event.userAgent);
  const asked = ours || envelope.verified === 1 ? askedOfUs(deps, event) : undefined;
  const { action, actor, repository } = event;
  const isPermitted = (action === 'push' || action === 'pull') && holdsPermit(actor, repository, action);
  const confirmed = envelope.verified === 1 || isPermitted;
  // A HEAD is a client looking whether it must pull at all; blobs concern nobody.
  const looks = event.action === 'pull' && (event.method === 'HEAD' || ours);
  const hidden = looks || (event.digest !== null && isOwnDigest(event.digest));
  return {
    event_id: event.eventId,
    envelope_id: envelope.id,
    received_at: envelope.received_at,
    // A clock that runs ahead must not put an event above all that come after it.
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
    of_manifest: event.ofManifest ? 1 : 0,
    hidden: hidden ? 1 : 0,
    applied: hidden || !event.ofManifest ? 1 : 0,
  };
}

/** What we did for somebody is told in their name; the registry only knows that it was us. */
function askedOfUs({ whoDeleted, whoRestored }: ProjectionDeps, event: ParsedEvent) {
  if (!OWN_AGENT.test(event.userAgent)) return undefined;
  const actor = event.action === 'delete' ? whoDeleted(event) : undefined;
  if (actor !== undefined) return { action: event.action, actor };
  const restorer = event.action === 'push' ? whoRestored(event) : undefined;
  return restorer === undefined ? undefined : { action: 'restore', actor: restorer };
}

/**
 * One pull is one row under its tag: containerd asks by tag with HEAD and then GETs the digest, and an index brings a
 * second GET for the platform's manifest.
 */
async function joinPulls(db: Database, reads: readonly Read[]): Promise<void> {
  for (const { events } of reads) {
    for (const event of events) {
      if (event.action !== 'pull' || event.method !== 'GET' || event.tag !== null || !event.ofManifest) continue;
      const before = await lookBefore(db, event);
      if (before === undefined) continue;
      const change = before.digest === event.digest ? { tag: before.tag } : { hidden: 1 as const, applied: 1 as const };
      await db.updateTable('events').set(change).where('event_id', '=', event.eventId).execute();
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
