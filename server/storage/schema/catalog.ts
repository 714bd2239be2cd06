/** What the registry holds, and what people say about it. */
import type { Generated } from 'kysely';
import type { Flag } from './flag.ts';

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
  /** '' where the descriptor names none. */
  os_version: Generated<string>;
  /** Joined by commas. */
  os_features: Generated<string>;
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
  /** The host of a layer that no registry stores; '' for all others. Such a layer has no bytes here. */
  kept_at: Generated<string>;
  kept_bytes: Generated<number>;
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

/** The registry served this digest from this repository. */
export interface DocumentSourcesTable {
  digest: string;
  repository_id: number;
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
  /** 0: known tags are not asked for again. */
  is_full: Generated<Flag>;
  /** `disk`: the storage folder was read. */
  source: Generated<'registry' | 'disk'>;
  /** JSON of `{ key, params }`: why the storage folder was not used, or not to the end. */
  source_problem: string | null;
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

/** Stays when rows of the index go: see `catalog/tag-history.ts`. */
export interface TagHistoryTable {
  repository: string;
  /** '': pulled by digest alone. */
  tag: string;
  /** '': of the repository as a whole. */
  digest: string;
  pushed_at: number | null;
  pushed_by: string | null;
  push_confirmed: Generated<Flag>;
  pull_count: Generated<number>;
  last_pulled_at: number | null;
  changed_at: number;
}

/** What the registry lacks or fails to give, see `catalog/manifest-retries.ts`. */
export interface ManifestRetriesTable {
  repository: string;
  digest: string;
  tries: number;
  next_at: number;
}

/** The last run of each scheduled job. */
export interface JobRunsTable {
  name: string;
  started_at: number;
  duration_ms: number | null;
  error: string | null;
}

export interface StarsTable {
  user_id: number;
  repository: string;
  starred_at: number;
}

export interface CatalogSchema {
  repositories: RepositoriesTable;
  tags: TagsTable;
  manifests: ManifestsTable;
  held_manifests: HeldManifestsTable;
  manifest_children: ManifestChildrenTable;
  manifest_blobs: ManifestBlobsTable;
  labels: LabelsTable;
  manifest_labels: ManifestLabelsTable;
  documents: DocumentsTable;
  document_sources: DocumentSourcesTable;
  crawls: CrawlsTable;
  descriptions: DescriptionsTable;
  stars: StarsTable;
  tag_history: TagHistoryTable;
  manifest_retries: ManifestRetriesTable;
  job_runs: JobRunsTable;
}
