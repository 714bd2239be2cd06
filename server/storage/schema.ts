/**
 * The tables as the queries see them. Times are integer milliseconds since the epoch, truth is 0 or 1; the store of a
 * table turns both into domain values at its border. What the columns mean stands beside them in `migrations/`.
 */
import type { Generated } from 'kysely';

type Flag = 0 | 1;

export interface SettingsTable {
  key: string;
  value: string;
}

/** One row. `version` grows with every change of users, roles, rules or grants, so compiled rights can be cached. */
export interface AccessStateTable {
  id: number;
  version: number;
}

export interface UsersTable {
  id: Generated<number>;
  username: string;
  password_hash: string | null;
  password_version: Generated<number>;
  enabled: Generated<Flag>;
  must_change_password: Generated<Flag>;
  created_at: number;
  last_sign_in_at: number | null;
  last_sign_in_address: string | null;
}

export type RoleKind = 'rules' | 'auditor' | 'admin';

export interface RolesTable {
  id: Generated<number>;
  name: string;
  description: Generated<string>;
  kind: Generated<RoleKind>;
  builtin: Generated<Flag>;
  created_at: number;
}

export interface RulesTable {
  id: Generated<number>;
  role_id: number;
  position: number;
  repository: string;
  address: string;
  can_pull: Flag;
  can_push: Flag;
  can_delete: Flag;
}

export type SubjectKind = 'user' | 'group' | 'robot' | 'anonymous';

export interface GrantsTable {
  subject_kind: SubjectKind;
  /** 0 for anonymous. */
  subject_id: number;
  role_id: number;
  granted_at: number;
  granted_by: string;
}

export interface SessionsTable {
  /** SHA-256 of the session id, hex. */
  id_hash: string;
  user_id: number;
  password_version: number;
  data: string;
  created_at: number;
  last_seen_at: number;
  address: string;
  user_agent: string;
}

export interface RefreshTokensTable {
  /** SHA-256 of the token, hex. */
  token_hash: string;
  user_id: number;
  password_version: number;
  service: string;
  client_id: string;
  created_at: number;
  last_used_at: number;
  expires_at: number;
}

export interface AuditTable {
  id: Generated<number>;
  at: number;
  actor: string;
  address: string;
  action: string;
  object: string;
  outcome: string;
  detail: string;
}

export interface TokenRefusalsTable {
  id: Generated<number>;
  first_at: number;
  last_at: number;
  count: Generated<number>;
  subject: string;
  subject_kind: SubjectKind;
  address: string;
  repository: string;
  /** Comma-separated, sorted. */
  asked: string;
  missing: string;
  client: string;
}

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
}

export interface RepositoriesTable {
  id: Generated<number>;
  name: string;
  first_seen_at: number;
  checked_at: number | null;
  last_pushed_at: number | null;
  last_pushed_by: string | null;
  last_push_confirmed: Generated<Flag>;
  last_pulled_at: number | null;
  pull_count: Generated<number>;
  tag_count: Generated<number>;
  /** Sum over distinct blobs of everything tagged here. */
  size_bytes: Generated<number>;
  newest_tag: string | null;
  /** JSON list of `os/arch[/variant]`. */
  platforms: Generated<string>;
  error: string | null;
  /** What stands before the last slash; '' for a name without one. */
  folder: Generated<string>;
  /** Distinct digests under tags that people use. */
  image_count: Generated<number>;
  untagged_count: Generated<number>;
  platform_count: Generated<number>;
  /** `tagKey` of `newest_tag`. */
  newest_key: Generated<string>;
  /** Of the newest tag: pushed, else built, else 0. */
  newest_at: Generated<number>;
  /** Sum over images, as if nothing was shared. */
  logical_bytes: Generated<number>;
  /** Blobs that no other repository has; follows in the background. */
  unique_bytes: Generated<number>;
  /** Blobs that only untagged manifests use, here and everywhere; follows in the background. */
  reclaimable_bytes: Generated<number>;
  /** The crawl that read it last, 0 for none. */
  crawl_id: Generated<number>;
  /** Epoch milliseconds of the last change that people can see. */
  changed_at: Generated<number>;
}

export interface TagsTable {
  id: Generated<number>;
  repository_id: number;
  name: string;
  digest: string;
  first_seen_at: number;
  checked_at: number;
  pushed_at: number | null;
  pushed_by: string | null;
  push_confirmed: Generated<Flag>;
  last_pulled_at: number | null;
  pull_count: Generated<number>;
  /** First time a complete list lacked it and HEAD said 404; null while it is there. */
  missing_since: number | null;
  /** What a fallback or cosign tag speaks about (a signature's image); null for the tags people use. */
  subject_digest: string | null;
  /** `tagKey` of the name: sorts versions in their order. */
  name_key: Generated<string>;
  /** Of its image, all platforms together. */
  size_bytes: Generated<number>;
  platform_count: Generated<number>;
  /** Pushed, else built, else 0. */
  aged_at: Generated<number>;
}

export type ManifestKind = 'image' | 'index' | 'helm' | 'signature' | 'attestation' | 'sbom' | 'artifact' | 'unknown';

export interface ManifestsTable {
  digest: string;
  media_type: string;
  kind: ManifestKind;
  artifact_type: string | null;
  raw: Buffer | null;
  config_digest: string | null;
  config: Buffer | null;
  subject_digest: string | null;
  /** Build time from the configuration or annotation. */
  created_at: number | null;
  /** Config and layers, each blob once; for an index: over all children. */
  total_bytes: number;
  /** JSON list of `os/arch[/variant]`. */
  platforms: Generated<string>;
  /** JSON object. */
  annotations: Generated<string>;
  fetched_at: number;
  error: string | null;
}

/** `tagged`: by a tag that people use. `referrer`: it speaks about another. `child`: an index here lists it. */
export type HeldState = 'tagged' | 'referrer' | 'child' | 'untagged';

/** A manifest in a repository, with what its row in a list shows: follows from tags and manifests, see `catalog/`. */
export interface HeldManifestsTable {
  id: Generated<number>;
  repository_id: number;
  digest: string;
  first_seen_at: number;
  state: Generated<HeldState>;
  /** 1: some tag keeps it: its own, one of an index that lists it, or one of what it speaks about. */
  reached: Generated<Flag>;
  /** Tags that people use. */
  tag_count: Generated<number>;
  /** The highest of them by `tagKey`; '' for none. */
  tag_name: Generated<string>;
  tag_key: Generated<string>;
  kind: Generated<ManifestKind>;
  size_bytes: Generated<number>;
  platforms: Generated<string>;
  platform_count: Generated<number>;
  created_at: number | null;
  /** Last push of any of its tags, else build time, else 0. */
  aged_at: Generated<number>;
  pushed_at: number | null;
  pushed_by: string | null;
  push_confirmed: Generated<Flag>;
  /** 0: never seen. */
  last_pulled_at: Generated<number>;
  pull_count: Generated<number>;
}

export interface ManifestChildrenTable {
  parent_digest: string;
  position: number;
  child_digest: string;
  media_type: string;
  size_bytes: number;
  /** `os/arch[/variant]`; '' where the descriptor names none; `attestation` for what BuildKit puts beside the images. */
  platform: string;
  annotations: Generated<string>;
}

export interface ManifestBlobsTable {
  digest: string;
  position: number;
  blob_digest: string;
  media_type: string;
  size_bytes: number;
  /** 'config' or 'layer'. */
  role: 'config' | 'layer';
  annotations: Generated<string>;
}

/** Repository patterns that somebody holds. */
export interface PatternsTable {
  id: Generated<number>;
  pattern: string;
}

/** A set of patterns that somebody holds together; id 1 (`EVERYTHING`) sees all and has no rows in `visible_repositories`. */
export interface VisibilitiesTable {
  id: Generated<number>;
  /** Sorted pattern ids joined by commas; '*' for everything. */
  patterns: string;
  ready: Generated<Flag>;
  repository_count: Generated<number>;
  last_used_at: number;
}

export interface VisibilityPatternsTable {
  visibility_id: number;
  pattern_id: number;
}

export interface VisibleRepositoriesTable {
  visibility_id: number;
  repository_id: number;
}

/** A folder as one visibility sees it. */
export interface FoldersTable {
  visibility_id: number;
  /** `team/sub`; '' is the root. */
  path: string;
  parent: string | null;
  /** Exact at all times, everything below included. */
  repository_count: Generated<number>;
  tag_count: Generated<number>;
  pull_count: Generated<number>;
  /** 0: never. */
  last_pushed_at: Generated<number>;
  /** Of that push; '': nobody known. */
  last_pushed_by: Generated<string>;
  last_push_confirmed: Generated<Flag>;
  last_pulled_at: Generated<number>;
  /** The youngest below, pushed or else built; 0: not known. */
  newest_at: Generated<number>;
  /** JSON list of `os/arch[/variant]`. */
  platforms: Generated<string>;
  platform_count: Generated<number>;
  logical_bytes: Generated<number>;
  /** Each blob below once. */
  size_bytes: Generated<number>;
  /** Blobs that nothing outside of this folder has. */
  unique_bytes: Generated<number>;
  reclaimable_bytes: Generated<number>;
  /** When the sums were made; 0: not yet. */
  summed_at: Generated<number>;
}

/** `platform:linux/arm64`, `kind:helm`: what a repository's tagged images are. */
export interface RepositoryFacetsTable {
  facet: string;
  repository_id: number;
  image_count: Generated<number>;
}

export interface BlobsTable {
  id: Generated<number>;
  digest: string;
  size_bytes: number;
}

/** How many held manifests of a repository list a blob: those that a tag reaches, and the others. */
export interface RepositoryBlobsTable {
  repository_id: number;
  blob_id: number;
  tagged_count: Generated<number>;
  untagged_count: Generated<number>;
}

export interface LabelsTable {
  id: Generated<number>;
  key: string;
  value: string;
}

export interface ManifestLabelsTable {
  label_id: number;
  digest: string;
}

/** Content of artifacts that was looked at: fetched once. */
export interface DocumentsTable {
  digest: string;
  fetched_at: number;
  content: Buffer;
}

interface SampleColumns {
  /** Midnight UTC. */
  day_at: number;
  tag_count: Generated<number>;
  logical_bytes: Generated<number>;
  size_bytes: Generated<number>;
  unique_bytes: Generated<number>;
  reclaimable_bytes: Generated<number>;
}

export interface FolderSamplesTable extends SampleColumns {
  visibility_id: number;
  path: string;
  repository_count: Generated<number>;
}

/** Only for days on which it had changed. */
export interface RepositorySamplesTable extends SampleColumns {
  repository_id: number;
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

export interface CrawlsTable {
  id: Generated<number>;
  reason: string;
  started_at: number;
  finished_at: number | null;
  repositories_total: number | null;
  repositories_done: Generated<number>;
  failures: Generated<number>;
  error: string | null;
  tags_done: Generated<number>;
  /** Time in which it ran, restarts left out. */
  elapsed_ms: Generated<number>;
  /** JSON of `{ key, params }`: the error in every language. */
  failure: string | null;
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

/** Written by people, by the name of the repository. */
export interface DescriptionsTable {
  repository: string;
  /** Markdown; '' once somebody emptied it. */
  text: string;
  /** Grows with each edit. */
  version: number;
  edited_by: string;
  edited_at: number;
}

export interface StarsTable {
  user_id: number;
  repository: string;
  starred_at: number;
}

export interface Schema {
  settings: SettingsTable;
  access_state: AccessStateTable;
  users: UsersTable;
  roles: RolesTable;
  rules: RulesTable;
  grants: GrantsTable;
  sessions: SessionsTable;
  refresh_tokens: RefreshTokensTable;
  audit: AuditTable;
  token_refusals: TokenRefusalsTable;
  envelopes: EnvelopesTable;
  events: EventsTable;
  repositories: RepositoriesTable;
  tags: TagsTable;
  manifests: ManifestsTable;
  held_manifests: HeldManifestsTable;
  manifest_children: ManifestChildrenTable;
  manifest_blobs: ManifestBlobsTable;
  patterns: PatternsTable;
  visibilities: VisibilitiesTable;
  visibility_patterns: VisibilityPatternsTable;
  visible_repositories: VisibleRepositoriesTable;
  folders: FoldersTable;
  repository_facets: RepositoryFacetsTable;
  blobs: BlobsTable;
  repository_blobs: RepositoryBlobsTable;
  labels: LabelsTable;
  manifest_labels: ManifestLabelsTable;
  documents: DocumentsTable;
  folder_samples: FolderSamplesTable;
  repository_samples: RepositorySamplesTable;
  activity_days: ActivityDaysTable;
  repository_days: RepositoryDaysTable;
  push_days: PushDaysTable;
  crawls: CrawlsTable;
  trash: TrashTable;
  deletions: DeletionsTable;
  descriptions: DescriptionsTable;
  stars: StarsTable;
}
