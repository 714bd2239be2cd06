import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import {
  cappedTotal,
  exactTotal,
  type KeyPage,
  keyClauses,
  MAX_COUNTED,
  readKeyPage,
  type Total,
} from '../base/key-page.ts';
import { repositoryById } from '../base/repository-lookup.ts';
import { versionsFirst } from '../base/tag-order.ts';
import { countByKind, findReferrers } from '../manifests/referrers.ts';
import { attachmentKindsOf, attachmentsOf, NO_ATTACHMENTS, namesOfSubjects } from './attachments.ts';
import {
  flatConditions,
  flatOrder,
  flatPosition,
  flatSource,
  type GroupQuery,
  groupConditions,
  groupOrder,
  groupPosition,
  groupSource,
  hasFilter,
  type TagQuery,
} from './tag-query.ts';
import {
  type FlatTag,
  type ManifestFacts,
  type StoredHeld,
  type StoredTag,
  type TagGroup,
  type TagRow,
  toGroup,
  toTag,
} from './tag-rows.ts';

export type { GroupQuery, TagFilters, TagQuery, TagSort } from './tag-query.ts';
export { TAG_SORTS } from './tag-query.ts';
export type { FlatTag, TagGroup, TagRow, Usage } from './tag-rows.ts';
export { usageOf } from './tag-rows.ts';

/** `total` counts all pages, with the filters. */
export interface TagPage extends KeyPage<TagGroup>, Total {}

export interface FlatPage extends KeyPage<FlatTag>, Total {}

/** Maximum number of tags shown in the row of an image, which may have thousands. */
export const TAGS_SHOWN = 12;
/** Maximum number of rows examined for the total. */
const MAX_EXAMINED = 20_000;

/** Lists tags and images of a repository. The caller has checked that the viewer may see it. */
export function createTagStore(db: Database) {
  return {
    /** One row per image. */
    groups: (repositoryId: number, query: GroupQuery) => listGroups(db, repositoryId, query),

    /** One row per tag. */
    flat: (repositoryId: number, query: TagQuery) => listFlat(db, repositoryId, query),

    /** Manifests that no tag, index or subject keeps: pullable by digest only, and deleted by cleaning up. */
    untagged: (repositoryId: number, query: TagQuery) => listGroups(db, repositoryId, { ...query, state: 'untagged' }),

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

    /** Most recently pushed first. */
    async tagsOf(repositoryId: number, digest: string): Promise<readonly TagRow[]> {
      const rows = await db
        .selectFrom('tags')
        .selectAll()
        .where('repository_id', '=', repositoryId)
        .where('digest', '=', digest)
        .orderBy(sql`coalesce(pushed_at, 0)`, 'desc')
        .orderBy('name')
        .execute();
      return rows.map(toTag);
    },

    /** Number of signatures and other referrers, counted up to 1001. */
    async countReferrers(repositoryId: number): Promise<number> {
      return countOf(
        db,
        sql`select 1 from held_manifests where repository_id = ${repositoryId} and state = 'referrer'`,
        MAX_COUNTED,
      );
    },
  };
}
export type TagStore = ReturnType<typeof createTagStore>;

async function listGroups(db: Database, repositoryId: number, query: GroupQuery): Promise<TagPage> {
  const where = groupConditions(repositoryId, query);
  const page = await readKeyPage(
    query,
    async (reading) => {
      const { behind, orderBy } = keyClauses(groupOrder(query), reading);
      const found = await sql<StoredHeld>`
        select held.* from ${groupSource(db, query)} where ${where} and ${behind}
        order by ${orderBy} limit ${reading.limit}`.execute(db);
      return found.rows;
    },
    (row) => groupPosition(row, query.sort),
  );
  const { state = 'tagged' } = query;
  const kept = { tagged: 'image_count', untagged: 'untagged_count', referrer: undefined } as const;
  const total = await totalOf(db, repositoryId, {
    keptIn: hasFilter(query) ? undefined : kept[state],
    all: sql`${groupSource(db, query)} where ${where}`,
    some: sql`(select * from held_manifests where repository_id = ${repositoryId} and state = ${state}
      limit ${MAX_EXAMINED}) as held where ${where}`,
  });
  return { ...page, rows: await loadGroups(db, repositoryId, page.rows), ...total };
}

async function loadGroups(
  db: Database,
  repositoryId: number,
  rows: readonly StoredHeld[],
): Promise<readonly TagGroup[]> {
  if (rows.length === 0) return [];
  const digests = rows.map((row) => row.digest);
  const tags = await tagsShown(db, repositoryId, rows);
  const facts = await manifestFacts(db, digests);
  const found = await findReferrers(db, repositoryId, digests);
  const referrers = countByKind(found);
  const attachments = await attachmentsOf(db, repositoryId, found);
  const about = await namesOfSubjects(
    db,
    repositoryId,
    rows.filter(({ state }) => state === 'referrer').map(({ digest }) => digest),
  );
  const states = await attachmentKindsOf(
    db,
    repositoryId,
    rows.filter(({ kind }) => kind === 'attestation').map(({ digest }) => digest),
  );
  return rows.map((row) =>
    toGroup(row, tags.get(row.digest) ?? [], facts.get(row.digest), {
      referrers: referrers.get(row.digest),
      attachments: attachments.get(row.digest) ?? NO_ATTACHMENTS,
      about: about.get(row.digest),
      states: states.get(row.digest),
    }),
  );
}

/** Reads the tags of images with few tags together; of an image with many only those that are shown. */
async function tagsShown(
  db: Database,
  repositoryId: number,
  rows: readonly StoredHeld[],
): Promise<ReadonlyMap<string, readonly TagRow[]>> {
  const few = rows.filter((row) => row.state !== 'untagged' && row.tag_count <= TAGS_SHOWN * 2);
  const tagsOn = (condition: RawBuilder<unknown>, limit = 10_000) =>
    sql<StoredTag>`select * from tags where repository_id = ${repositoryId} and ${condition}
      order by ${versionsFirst} limit ${limit}`.execute(db);
  const found = few.length === 0 ? [] : (await tagsOn(sql`digest in (${sql.join(few.map((row) => row.digest))})`)).rows;
  const shown = new Map<string, TagRow[]>(rows.map((row) => [row.digest, []]));
  for (const tag of found) shown.get(tag.digest)?.push(toTag(tag));
  for (const { digest } of rows.filter((row) => row.tag_count > TAGS_SHOWN * 2)) {
    const tags = await tagsOn(sql`digest = ${digest} and subject_digest is null`, TAGS_SHOWN);
    shown.set(digest, tags.rows.map(toTag));
  }
  return new Map([...shown].map(([digest, tags]) => [digest, tags.slice(0, TAGS_SHOWN)]));
}

async function manifestFacts(db: Database, digests: readonly string[]): Promise<ReadonlyMap<string, ManifestFacts>> {
  const rows = await db
    .selectFrom('manifests')
    .select(['digest', 'media_type', 'artifact_type', 'error'])
    .where('digest', 'in', digests)
    .execute();
  return new Map(rows.map((row) => [row.digest, row]));
}

async function listFlat(db: Database, repositoryId: number, query: TagQuery): Promise<FlatPage> {
  const where = flatConditions(repositoryId, query);
  const page = await readKeyPage(
    query,
    async (reading) => {
      const { behind, orderBy } = keyClauses(flatOrder(query), reading);
      const found = await sql<StoredTag>`
        select tags.* from ${flatSource(db, query)} where ${where} and ${behind} order by ${orderBy} limit ${reading.limit}`.execute(
        db,
      );
      return found.rows;
    },
    (row) => flatPosition(row, query.sort),
  );
  const total = await totalOf(db, repositoryId, {
    keptIn: hasFilter(query) ? undefined : 'tag_count',
    all: sql`${flatSource(db, query)} where ${where}`,
    some: sql`(select * from tags where repository_id = ${repositoryId} and subject_digest is null
      limit ${MAX_EXAMINED}) as tags where ${where}`,
  });
  return { ...page, rows: await loadFlat(db, repositoryId, page.rows), ...total };
}

async function loadFlat(db: Database, repositoryId: number, rows: readonly StoredTag[]): Promise<readonly FlatTag[]> {
  if (rows.length === 0) return [];
  const digests = [...new Set(rows.map((row) => row.digest))];
  const held = await db
    .selectFrom('held_manifests')
    .select(['digest', 'kind', 'platforms', 'created_at'])
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .execute();
  const images = new Map(held.map((row) => [row.digest, row]));
  const facts = await manifestFacts(db, digests);
  const attachments = await attachmentsOf(db, repositoryId, await findReferrers(db, repositoryId, digests));
  return rows.map((row) => {
    const image = images.get(row.digest);
    return {
      ...toTag(row),
      kind: image?.kind ?? 'unknown',
      mediaType: facts.get(row.digest)?.media_type ?? '',
      artifactType: facts.get(row.digest)?.artifact_type ?? null,
      sizeBytes: row.size_bytes,
      platforms: JSON.parse(image?.platforms ?? '[]') as string[],
      createdAt: image?.created_at ?? null,
      attachments: attachments.get(row.digest)?.words ?? [],
      error: facts.get(row.digest)?.error ?? null,
    };
  });
}

interface Counted {
  /** The column that contains the total without filters. */
  readonly keptIn: 'tag_count' | 'image_count' | 'untagged_count' | undefined;
  /** SQL from `from` on, using the index of the list. */
  readonly all: RawBuilder<unknown>;
  /** The same, limited to `MAX_EXAMINED` rows. */
  readonly some: RawBuilder<unknown>;
}

async function totalOf(db: Database, repositoryId: number, { keptIn, all, some }: Counted): Promise<Total> {
  const repository = await repositoryById(db, repositoryId, ['tag_count', 'image_count', 'untagged_count']);
  if (keptIn !== undefined) return exactTotal(repository?.[keptIn] ?? 0);
  const held = (repository?.tag_count ?? 0) + (repository?.untagged_count ?? 0);
  const isSmall = held <= MAX_EXAMINED;
  const total = cappedTotal(await countOf(db, sql`select 1 from ${isSmall ? all : some}`, MAX_COUNTED));
  return isSmall ? total : { ...total, isExact: false };
}

async function countOf(db: Database, rows: RawBuilder<unknown>, most: number): Promise<number> {
  const counted = await sql<{
    total: number;
  }>`select count(*) as total from (${rows} limit ${most + 1}) as bounded`.execute(db);
  return Number(counted.rows[0]?.total ?? 0);
}
