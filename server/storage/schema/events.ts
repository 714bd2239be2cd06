/** What the registry reported, what was counted of it, and what was deleted. */
import type { Generated } from 'kysely';
import type { ManifestKind } from './catalog.ts';
import type { Flag } from './flag.ts';

export type EnvelopeState = 'new' | 'parsed' | 'quarantined';

export interface EnvelopesTable {
  id: Generated<number>;
  received_at: number;
  media_type: string;
  /** 1: the request carried the configured secret. */
  verified: Flag;
  size_bytes: number;
  body: Buffer;
  state: Generated<EnvelopeState>;
  error: string | null;
  /** The machine that sent it; '' before that was noted. */
  source: Generated<string>;
  /** Events that were read from it. */
  event_count: Generated<number>;
}

export interface EventsTable {
  id: Generated<number>;
  /** The registry's own id of the event, or a hash of its content; unique. */
  event_id: string;
  envelope_id: number;
  received_at: number;
  at: number;
  action: string;
  repository: string;
  tag: string | null;
  digest: string | null;
  media_type: string;
  size_bytes: number | null;
  from_repository: string | null;
  actor: string;
  /** 1: the actor is known to be true (secret, or a push token of ours). */
  actor_confirmed: Flag;
  address: string;
  user_agent: string;
  method: string;
  instance_id: string;
  verified: Flag;
  /** 1: manifests, tags and repositories; 0: blobs, which the pages leave out. */
  of_manifest: Flag;
  /** 1: our own doing (crawls, throw-away manifests): kept, but shown nowhere. */
  hidden: Generated<Flag>;
  /** 1: the index was told. */
  applied: Generated<Flag>;
  /** The machine that sent it; '' before that was noted. */
  source: Generated<string>;
}

/** Midnight UTC of a date in `TZ`, see `calendar.ts`. */
interface DayColumn {
  day_at: number;
}

/** Of everything, also of repositories that are gone. */
export interface ActivityDaysTable extends DayColumn {
  pulls: Generated<number>;
  pushes: Generated<number>;
}

export interface RepositoryDaysTable extends ActivityDaysTable {
  repository_id: number;
}

export interface PushDaysTable extends DayColumn {
  repository_id: number;
  /** '' for anonymous. */
  actor: string;
  pushes: Generated<number>;
}

export interface TrashTable {
  id: Generated<number>;
  repository: string;
  digest: string;
  media_type: string;
  raw: Buffer;
  /** JSON list of tag names that pointed to it. */
  tags: string;
  deleted_at: number;
  deleted_by: string;
  restored_at: number | null;
  restored_by: Generated<string | null>;
  /** The first entry of the same deletion; null for that entry itself. */
  batch_id: Generated<number | null>;
  /** The entry that it was deleted with because only that needed it. */
  part_of: Generated<number | null>;
  /** The registry refused to take it back: its layers are gone. */
  unrestorable_at: Generated<number | null>;
  kind: Generated<ManifestKind>;
  /** Config and layers, each once; of an index: of all that it lists. */
  content_bytes: Generated<number>;
}

export type DeletionPhase = 'planned' | 'pushed' | 'repointed' | 'done' | 'failed';

export interface DeletionsTable {
  id: Generated<number>;
  repository: string;
  tag: string;
  /** What the person confirmed. */
  digest: string;
  /** The throw-away manifest that takes the tag with it (registry 2.x); null where tags can be deleted. */
  throwaway_digest: string | null;
  phase: DeletionPhase;
  actor: string;
  started_at: number;
  finished_at: number | null;
  error: string | null;
}

export interface EventsSchema {
  envelopes: EnvelopesTable;
  events: EventsTable;
  activity_days: ActivityDaysTable;
  repository_days: RepositoryDaysTable;
  push_days: PushDaysTable;
  trash: TrashTable;
  deletions: DeletionsTable;
}
