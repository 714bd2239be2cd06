/** Who sees what, and sums: worked out from the catalog, kept so that lists need not work them out. */
import type { Generated } from 'kysely';
import type { Flag } from './flag.ts';

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
  /** Of its bytes, what no other repository has that this visibility shows. */
  unique_bytes: Generated<number>;
  /** What only untagged manifests use, among these repositories. */
  reclaimable_bytes: Generated<number>;
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

interface SampleColumns {
  /** Midnight UTC. */
  day_at: number;
  tag_count: Generated<number>;
  logical_bytes: Generated<number>;
  size_bytes: Generated<number>;
  /** -1 like the next: not known, of a day on which repositories that the visibility hides were counted. */
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

export interface ViewsSchema {
  patterns: PatternsTable;
  visibilities: VisibilitiesTable;
  visibility_patterns: VisibilityPatternsTable;
  visible_repositories: VisibleRepositoriesTable;
  folders: FoldersTable;
  repository_facets: RepositoryFacetsTable;
  blobs: BlobsTable;
  repository_blobs: RepositoryBlobsTable;
  folder_samples: FolderSamplesTable;
  repository_samples: RepositorySamplesTable;
}
