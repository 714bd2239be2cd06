/** The same as `surroundings.ts`, checked against the registry: what the index has not heard of yet keeps its manifests. */
import { sql } from 'kysely';
import { forEachBounded } from '../catalog/base/concurrency.ts';
import { subjectOfTag } from '../catalog/manifests/referrers.ts';
import type { RegistryClient } from '../registry/client/client.ts';
import { isAmong } from '../storage/among.ts';
import type { Database } from '../storage/database.ts';
import { childDigests } from './children.ts';
import type { Surroundings } from './closure.ts';
import { readSurroundings } from './surroundings.ts';

export type ReadingClient = Pick<RegistryClient, 'tags' | 'headManifest' | 'getManifest'>;

const REQUESTS_AT_ONCE = 8;
const MAX_DEPTH = 4;

export interface LiveSurroundings extends Surroundings {
  /** Tag → digest, as the registry says now. */
  readonly live: ReadonlyMap<string, string>;
}

/** @throws {AppError} UPSTREAM: without a clear answer nothing may be called unneeded. */
export async function readLiveSurroundings(
  db: Database,
  client: ReadingClient,
  repository: string,
  roots: readonly string[],
): Promise<LiveSurroundings> {
  const live = await readLiveTags(client, repository);
  const repositoryId = await idOf(db, repository);
  const around = repositoryId === undefined ? alone(roots) : await readSurroundings(db, repositoryId, roots);
  const inside = new Set(around.digests);
  const tags = [...live].map(([name, digest]) => ({ name, digest, subject: subjectOfTag(name) ?? null }));
  const unread = await unreadAmong(db, repositoryId, new Set(live.values()));
  const listed = await listedBy(
    client,
    repository,
    unread.filter((digest) => !inside.has(digest)),
  );
  return {
    ...around,
    live,
    tags: tags.filter(({ digest }) => inside.has(digest)),
    neededOutside: new Set([...around.neededOutside, ...listed]),
  };
}

async function readLiveTags(client: ReadingClient, repository: string): Promise<ReadonlyMap<string, string>> {
  const live = new Map<string, string>();
  await forEachBounded(await client.tags(repository), REQUESTS_AT_ONCE, async (name) => {
    const there = await client.headManifest(repository, name);
    if (there !== undefined) live.set(name, there.digest);
  });
  return live;
}

async function idOf(db: Database, repository: string): Promise<number | undefined> {
  const row = await db.selectFrom('repositories').select('id').where('name', '=', repository).executeTakeFirst();
  return row?.id;
}

function alone(digests: readonly string[]): Surroundings {
  return { digests, needs: [], tags: [], neededOutside: new Set() };
}

async function unreadAmong(
  db: Database,
  repositoryId: number | undefined,
  digests: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (repositoryId === undefined) return [...digests];
  const rows = await db
    .selectFrom('held_manifests')
    .innerJoin('manifests', 'manifests.digest', 'held_manifests.digest')
    .select('held_manifests.digest')
    .where('repository_id', '=', repositoryId)
    .where(isAmong(db, sql.ref('held_manifests.digest'), [...digests]))
    .execute();
  const read = new Set(rows.map((row) => row.digest));
  return [...digests].filter((digest) => !read.has(digest));
}

/** Everything below these manifests. */
async function listedBy(
  client: ReadingClient,
  repository: string,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  let frontier = digests;
  for (let depth = 0; frontier.length > 0 && depth < MAX_DEPTH; depth += 1) {
    const next = new Set<string>();
    await forEachBounded(frontier, REQUESTS_AT_ONCE, async (digest) => {
      const manifest = await client.getManifest(repository, digest);
      for (const child of manifest === undefined ? [] : childDigests(manifest)) next.add(child);
    });
    frontier = [...next].filter((digest) => !found.has(digest));
    for (const digest of frontier) found.add(digest);
  }
  return found;
}
