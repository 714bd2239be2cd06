import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Database } from '../storage/database.ts';
import type { ManifestKind, TagsTable } from '../storage/schema.ts';
import { decodeCursor, encodeCursor, likePattern, type Position, rowLimit } from './cursor.ts';
import { noReferrers, type ReferrerCounts, referrerCounts } from './referrers.ts';

export interface TagRow {
  readonly name: string;
  readonly digest: string;
  /** When it was first met; for a tag older than us that says nothing of its age. */
  readonly firstSeenAt: number;
  readonly checkedAt: number;
  /** null: pushed before we listened. */
  readonly pushedAt: number | null;
  /** '' for anonymous; null: not known. */
  readonly pushedBy: string | null;
  /** False: that it was pushed is seen, but not who did it. */
  readonly pushConfirmed: boolean;
  readonly lastPulledAt: number | null;
  readonly pullCount: number;
  /** Not found in the registry since then; it goes when that is confirmed. */
  readonly missingSince: number | null;
  /** A fallback or cosign tag: its subject, the image it speaks about. */
  readonly subjectDigest: string | null;
}

/** All tags of one image (one digest) in a repository. */
export interface TagGroup {
  readonly digest: string;
  /** Newest first. With a filter: still all of them. */
  readonly tags: readonly TagRow[];
  readonly kind: ManifestKind;
  /** '' while the manifest was not read. */
  readonly mediaType: string;
  readonly artifactType: string | null;
  readonly sizeBytes: number;
  /** `os/arch[/variant]`; empty for artifacts. */
  readonly platforms: readonly string[];
  /** Build time. */
  readonly createdAt: number | null;
  /** Of the latest push of any of its tags. */
  readonly pushedAt: number | null;
  readonly pushedBy: string | null;
  readonly pushConfirmed: boolean;
  readonly lastPulledAt: number | null;
  readonly pullCount: number;
  readonly referrers: ReferrerCounts;
  /** True when every tag of it is a fallback or cosign tag. */
  readonly isReferrer: boolean;
  /** Why the manifest could not be read, an English sentence. */
  readonly error: string | null;
}

export type TagSort = 'pushed' | 'name' | 'size' | 'pulls';

export interface TagQuery {
  /** Part of a tag's name, or the beginning of a digest (`sha256:…`). */
  readonly filter?: string | undefined;
  readonly sort: TagSort;
  readonly direction: 'asc' | 'desc';
  readonly after?: string | undefined;
  /** At most 100. */
  readonly limit: number;
  /** Also the tags of signatures and other referrers; false by default. */
  readonly withReferrers?: boolean | undefined;
}

export interface TagPage {
  readonly rows: readonly TagGroup[];
  readonly next: string | undefined;
  /** Groups and tags over all pages, with the filter. */
  readonly total: number;
  readonly totalTags: number;
}

/** Reads the `tags` table; who may see the repository was decided when it was found. */
export function createTagStore(db: Database) {
  return {
    groups: (repositoryId: number, query: TagQuery) => listGroups(db, repositoryId, query),

    /** The digest a tag points to. */
    async resolve(repositoryId: number, tag: string): Promise<TagRow | undefined> {
      const row = await db
        .selectFrom('tags')
        .selectAll()
        .where('repository_id', '=', repositoryId)
        .where('name', '=', tag)
        .executeTakeFirst();
      return row && toTag(row);
    },

    tagsOf: (repositoryId: number, digest: string) => tagsOfDigests(db, repositoryId, [digest]),

    /** How many tags of referrers a list without them leaves out. */
    async countReferrers(repositoryId: number): Promise<number> {
      const row = await db
        .selectFrom('tags')
        .select(({ fn }) => fn.countAll<number>().as('total'))
        .where('repository_id', '=', repositoryId)
        .where('subject_digest', 'is not', null)
        .executeTakeFirstOrThrow();
      return Number(row.total);
    },
  };
}
export type TagStore = ReturnType<typeof createTagStore>;

interface GroupKey {
  readonly digest: string;
  readonly value: string | number;
  readonly groups: number;
  readonly tags: number;
}

// `pushed` falls back to the build time, so that what was there before us has an order too.
const SORT_VALUE: Record<TagSort, RawBuilder<string | number>> = {
  pushed: sql`max(coalesce(tags.pushed_at, manifests.created_at, 0))`,
  name: sql`min(tags.name)`,
  size: sql`max(coalesce(manifests.total_bytes, 0))`,
  pulls: sql`sum(tags.pull_count)`,
};

async function listGroups(db: Database, repositoryId: number, query: TagQuery): Promise<TagPage> {
  const limit = rowLimit(query.limit);
  const value = SORT_VALUE[query.sort];
  const matching = sql`from tags left join manifests on manifests.digest = tags.digest
    where tags.repository_id = ${repositoryId} and ${matches(query)}`;
  const counted = await sql<{ total: number; tags: number }>`
    select count(distinct tags.digest) as total, count(*) as tags ${matching}`.execute(db);
  const found = await sql<GroupKey>`
    select * from (select tags.digest as digest, ${value} as value ${matching} group by tags.digest) as grouped
    where ${isBehind(query, decodeCursor(query.after))}
    order by value ${sql.raw(query.direction)}, digest ${sql.raw(query.direction)} limit ${limit + 1}`.execute(db);
  const keys = found.rows.slice(0, limit);
  const last = keys.at(-1);
  const next =
    found.rows.length > limit && last !== undefined ? encodeCursor({ value: last.value, key: last.digest }) : undefined;
  const rows = await loadGroups(
    db,
    repositoryId,
    keys.map((key) => key.digest),
  );
  return { rows, next, total: Number(counted.rows[0]?.total ?? 0), totalTags: Number(counted.rows[0]?.tags ?? 0) };
}

function matches({ filter, withReferrers }: TagQuery): RawBuilder<SqlBool> {
  const people = withReferrers === true ? sql<SqlBool>`1 = 1` : sql<SqlBool>`tags.subject_digest is null`;
  if (filter === undefined || filter === '') return people;
  const like = likePattern(filter);
  // A digest is searched from its beginning.
  const digestLike = /^sha\d+:/.test(filter) ? like.slice(1) : like;
  const column = digestLike === like ? sql`lower(tags.name)` : sql`tags.digest`;
  return sql<SqlBool>`${people} and ${column} like ${digestLike} escape '\\'`;
}

function isBehind({ direction }: TagQuery, position: Position | undefined): RawBuilder<SqlBool> {
  if (position === undefined) return sql<SqlBool>`1 = 1`;
  const comparison = direction === 'asc' ? sql`>` : sql`<`;
  return sql<SqlBool>`(value, digest) ${comparison} (${position.value}, ${position.key})`;
}

async function loadGroups(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<readonly TagGroup[]> {
  if (digests.length === 0) return [];
  const tags = await tagsOfDigests(db, repositoryId, digests);
  const manifests = await db.selectFrom('manifests').select(FACTS).where('digest', 'in', digests).execute();
  const referrers = await referrerCounts(db, repositoryId, digests);
  return digests.map((digest) => {
    const own = tags.filter((tag) => tag.digest === digest);
    const facts = manifests.find((manifest) => manifest.digest === digest);
    return toGroup(digest, own, facts, referrers.get(digest) ?? noReferrers());
  });
}

const FACTS = [
  'digest',
  'kind',
  'media_type',
  'artifact_type',
  'total_bytes',
  'platforms',
  'created_at',
  'error',
] as const;

interface ManifestFacts {
  readonly kind: ManifestKind;
  readonly media_type: string;
  readonly artifact_type: string | null;
  readonly total_bytes: number;
  readonly platforms: string;
  readonly created_at: number | null;
  readonly error: string | null;
}

function toGroup(
  digest: string,
  tags: readonly TagRow[],
  facts: ManifestFacts | undefined,
  referrers: ReferrerCounts,
): TagGroup {
  return {
    digest,
    tags,
    kind: facts?.kind ?? 'unknown',
    mediaType: facts?.media_type ?? '',
    artifactType: facts?.artifact_type ?? null,
    sizeBytes: facts?.total_bytes ?? 0,
    platforms: JSON.parse(facts?.platforms ?? '[]') as string[],
    createdAt: facts?.created_at ?? null,
    ...usageOf(tags),
    referrers,
    isReferrer: tags.every((tag) => tag.subjectDigest !== null),
    error: facts?.error ?? null,
  };
}

export interface Usage {
  readonly pushedAt: number | null;
  readonly pushedBy: string | null;
  readonly pushConfirmed: boolean;
  readonly lastPulledAt: number | null;
  readonly pullCount: number;
}

/** The latest push and all pulls of some tags together. */
export function usageOf(tags: readonly TagRow[]): Usage {
  const latest = tags.reduce<TagRow | undefined>(
    (best, tag) => ((tag.pushedAt ?? 0) > (best?.pushedAt ?? 0) ? tag : best),
    undefined,
  );
  const lastPull = Math.max(0, ...tags.map((tag) => tag.lastPulledAt ?? 0));
  return {
    pushedAt: latest?.pushedAt ?? null,
    pushedBy: latest?.pushedBy ?? null,
    pushConfirmed: latest?.pushConfirmed ?? false,
    lastPulledAt: lastPull === 0 ? null : lastPull,
    pullCount: tags.reduce((sum, tag) => sum + tag.pullCount, 0),
  };
}

async function tagsOfDigests(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<readonly TagRow[]> {
  const rows = await db
    .selectFrom('tags')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .orderBy(sql`coalesce(pushed_at, 0)`, 'desc')
    .orderBy('name')
    .execute();
  return rows.map(toTag);
}

function toTag(row: Selectable<TagsTable>): TagRow {
  return {
    name: row.name,
    digest: row.digest,
    firstSeenAt: row.first_seen_at,
    checkedAt: row.checked_at,
    pushedAt: row.pushed_at,
    pushedBy: row.pushed_by,
    pushConfirmed: Boolean(row.push_confirmed),
    lastPulledAt: row.last_pulled_at,
    pullCount: row.pull_count,
    missingSince: row.missing_since,
    subjectDigest: row.subject_digest,
  };
}
