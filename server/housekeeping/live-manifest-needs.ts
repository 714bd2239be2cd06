/** What the index knows around manifests, checked against the registry: what it has not heard of yet keeps its manifests. */
import { forEachBounded } from '../catalog/base/concurrency.ts';
import { repositoryId } from '../catalog/base/repository-lookup.ts';
import { readAmong } from '../catalog/manifests/held-lookup.ts';
import { type ManifestNeeds, readManifestNeeds } from '../catalog/manifests/manifest-needs.ts';
import { subjectOfTag } from '../catalog/manifests/referrers.ts';
import type { RegistryClient } from '../registry/client/client.ts';
import type { Database } from '../storage/database.ts';
import { childDigests } from './children.ts';

export type ReadingClient = Pick<RegistryClient, 'tags' | 'headManifest' | 'getManifest'>;

const REQUESTS_AT_ONCE = 8;
const MAX_DEPTH = 4;

export interface LiveManifestNeeds extends ManifestNeeds {
  /** Tag → digest, as the registry has it now. */
  readonly live: ReadonlyMap<string, string>;
}

/** @throws {AppError} UPSTREAM: without a clear answer no manifest may be considered unneeded. */
export async function readLiveManifestNeeds(
  db: Database,
  client: ReadingClient,
  repository: string,
  roots: readonly string[],
): Promise<LiveManifestNeeds> {
  const live = await readLiveTags(client, repository);
  const homeId = await repositoryId(db, repository);
  const around = homeId === undefined ? alone(roots) : await readManifestNeeds(db, homeId, roots);
  const inside = new Set(around.digests);
  const tags = [...live].map(([name, digest]) => ({ name, digest, subject: subjectOfTag(name) ?? null }));
  const unread = await unreadAmong(db, homeId, [...new Set(live.values())]);
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

function alone(digests: readonly string[]): ManifestNeeds {
  return { digests, needs: [], tags: [], neededOutside: new Set() };
}

async function unreadAmong(
  db: Database,
  repositoryId: number | undefined,
  digests: readonly string[],
): Promise<readonly string[]> {
  if (repositoryId === undefined) return digests;
  const read = await readAmong(db, repositoryId, digests);
  return digests.filter((digest) => !read.has(digest));
}

/** All manifests below these. */
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
