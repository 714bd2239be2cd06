/** What has to follow from tags and manifests, worked out the long way: everything at once, in plain code. */
import { tagKey } from '../../../server/catalog/base/tag-key.ts';
import type { Database } from '../../../server/storage/database.ts';

type Row = Record<string, unknown>;

/** The derived tables as they are, in a fixed order and by names instead of numbers. */
export async function derivedRows(db: Database) {
  const names = new Map(
    (await db.selectFrom('repositories').select(['id', 'name']).execute()).map((row) => [row.id, row.name]),
  );
  const named = ({ repository_id, ...row }: { repository_id: number } & Row): Row => ({
    repository: names.get(repository_id),
    ...row,
  });
  const held = await db.selectFrom('held_manifests').selectAll().execute();
  const tags = await db
    .selectFrom('tags')
    .select(['repository_id', 'name', 'name_key', 'size_bytes', 'platform_count', 'aged_at'])
    .execute();
  const blobs = await db
    .selectFrom('repository_blobs')
    .innerJoin('blobs', 'blobs.id', 'repository_blobs.blob_id')
    .select(['repository_id', 'digest', 'size_bytes', 'tagged_count', 'untagged_count'])
    .execute();
  const repositories = await db.selectFrom('repositories').select(SUMS).execute();
  const facets = await db.selectFrom('repository_facets').selectAll().execute();
  const labels = await db
    .selectFrom('manifest_labels')
    .innerJoin('labels', 'labels.id', 'manifest_labels.label_id')
    .select(['digest', 'key', 'value'])
    .execute();
  return {
    held: sorted(
      held.map(({ id: _id, first_seen_at: _first, last_pulled_at: _at, pull_count: _count, ...row }) => named(row)),
    ),
    tags: sorted(tags.map(named)),
    blobs: sorted(blobs.map(named)),
    repositories: sorted(repositories),
    facets: sorted(facets.map(named)),
    labels: sorted(labels),
  };
}
export type DerivedRows = Omit<Awaited<ReturnType<typeof derivedRows>>, 'labels'>;

const SUMS = [
  ...(['name', 'folder', 'tag_count', 'image_count', 'untagged_count', 'size_bytes', 'logical_bytes'] as const),
  ...(['newest_tag', 'newest_key', 'newest_at', 'platforms', 'platform_count'] as const),
] as const;

function sorted(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

async function sources(db: Database) {
  return {
    repositories: await db.selectFrom('repositories').select(['id', 'name']).execute(),
    tags: await db.selectFrom('tags').selectAll().execute(),
    held: await db.selectFrom('held_manifests').select(['repository_id', 'digest']).execute(),
    manifests: new Map((await db.selectFrom('manifests').selectAll().execute()).map((row) => [row.digest, row])),
    children: await db.selectFrom('manifest_children').select(['parent_digest', 'child_digest']).execute(),
    blobs: await db.selectFrom('manifest_blobs').select(['digest', 'blob_digest', 'size_bytes']).execute(),
  };
}
type Sources = Awaited<ReturnType<typeof sources>>;

export async function expectedRows(db: Database): Promise<DerivedRows> {
  const all = await sources(db);
  const parts = all.repositories.map((repository) => expectedOf(all, repository));
  return {
    held: sorted(parts.flatMap((part) => part.held)),
    tags: sorted(parts.flatMap((part) => part.tags)),
    blobs: sorted(parts.flatMap((part) => part.blobs)),
    repositories: sorted(parts.map((part) => part.repository)),
    facets: sorted(parts.flatMap((part) => part.facets)),
  };
}

function expectedOf(all: Sources, { id, name }: { id: number; name: string }) {
  const tags = all.tags.filter((tag) => tag.repository_id === id);
  const stored = all.held.filter((row) => row.repository_id === id && all.manifests.has(row.digest));
  const digests = new Set(stored.map((row) => row.digest));
  for (const tag of tags) digests.add(tag.digest);
  const reached = reachedFrom(
    all,
    digests,
    tags.map((tag) => tag.digest),
  );
  const held = [...digests].map((digest) => heldRow(all, name, digest, tags, digests, reached));
  const tagRows = tags.map((tag) => {
    const manifest = all.manifests.get(tag.digest);
    const platforms = JSON.parse(manifest?.platforms ?? '[]') as string[];
    return {
      repository: name,
      name: tag.name,
      name_key: tagKey(tag.name),
      size_bytes: manifest?.total_bytes ?? 0,
      platform_count: platforms.length,
      aged_at: tag.pushed_at ?? manifest?.created_at ?? 0,
      isOwn: tag.subject_digest === null,
    };
  });
  const blobs = blobRows(all, name, digests, reached);
  const images = held.filter((row) => row.state === 'tagged');
  const facets = facetRows(name, images);
  const platforms = facets.flatMap(({ facet }) => (facet.startsWith('platform:') ? [facet.slice(9)] : [])).sort();
  const own = tagRows.filter((tag) => tag.isOwn);
  const newest = newestOf(own);
  return {
    held,
    tags: tagRows.map(({ isOwn: _isOwn, ...row }) => row),
    blobs,
    facets,
    repository: {
      name,
      folder: name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '',
      tag_count: own.length,
      image_count: images.length,
      untagged_count: held.filter((row) => row.state === 'untagged').length,
      size_bytes: sum(blobs.filter((row) => row.tagged_count > 0).map((row) => row.size_bytes)),
      logical_bytes: sum(images.map((row) => row.size_bytes)),
      newest_tag: newest?.name ?? null,
      newest_key: newest?.name_key ?? '',
      newest_at: newest?.aged_at ?? 0,
      platforms: JSON.stringify(platforms),
      platform_count: platforms.length,
    },
  };
}

function newestOf(tags: readonly { name: string; name_key: string; aged_at: number }[]) {
  const latest = Math.max(...tags.map((tag) => tag.aged_at));
  const candidates = tags.filter((tag) => tag.aged_at === latest);
  const key = (tag: { name: string; name_key: string }): string => (latest > 0 ? tag.name : tag.name_key);
  return candidates.toSorted((one, other) => (key(one) < key(other) ? 1 : -1))[0];
}

/** Until nothing new is found. */
function reachedFrom(all: Sources, held: ReadonlySet<string>, starts: readonly string[]): ReadonlySet<string> {
  const reached = new Set(starts);
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const { parent_digest, child_digest } of all.children) {
      if (reached.has(parent_digest) && held.has(child_digest)) reached.add(child_digest);
    }
    for (const { digest, subject_digest } of all.manifests.values()) {
      if (reached.has(subject_digest ?? '') && held.has(digest)) reached.add(digest);
    }
  }
  return reached;
}

function heldRow(
  all: Sources,
  repository: string,
  digest: string,
  tags: Sources['tags'],
  held: ReadonlySet<string>,
  reached: ReadonlySet<string>,
) {
  const manifest = all.manifests.get(digest);
  const on = tags.filter((tag) => tag.digest === digest);
  const own = on.filter((tag) => tag.subject_digest === null);
  const isListed = all.children.some((row) => row.child_digest === digest && held.has(row.parent_digest));
  const isReferrer = on.length > 0 || (manifest?.subject_digest ?? null) !== null;
  const highest = own
    .map((tag) => ({ name: tag.name, key: tagKey(tag.name) }))
    .sort((a, b) => (a.key < b.key ? 1 : -1))[0];
  const pushed = on
    .filter((tag) => tag.pushed_at !== null)
    .sort((a, b) => (b.pushed_at ?? 0) - (a.pushed_at ?? 0) || (tagKey(a.name) < tagKey(b.name) ? 1 : -1))[0];
  const platforms = manifest?.platforms ?? '[]';
  return {
    repository,
    digest,
    state: own.length > 0 ? 'tagged' : isReferrer ? 'referrer' : isListed ? 'child' : 'untagged',
    reached: reached.has(digest) ? 1 : 0,
    tag_count: own.length,
    tag_name: highest?.name ?? '',
    tag_key: highest?.key ?? '',
    kind: manifest?.kind ?? 'unknown',
    size_bytes: manifest?.total_bytes ?? 0,
    platforms,
    platform_count: (JSON.parse(platforms) as string[]).length,
    created_at: manifest?.created_at ?? null,
    aged_at: pushed?.pushed_at ?? manifest?.created_at ?? 0,
    pushed_at: pushed?.pushed_at ?? null,
    pushed_by: pushed?.pushed_by ?? null,
    push_confirmed: pushed?.push_confirmed ?? 0,
  };
}

function blobRows(all: Sources, repository: string, held: ReadonlySet<string>, reached: ReadonlySet<string>) {
  const sizes = new Map<string, number>();
  const users = new Map<string, Set<string>>();
  for (const { digest, blob_digest, size_bytes } of all.blobs) {
    sizes.set(blob_digest, Math.max(size_bytes, sizes.get(blob_digest) ?? 0));
    if (held.has(digest)) users.set(blob_digest, (users.get(blob_digest) ?? new Set()).add(digest));
  }
  return [...users].map(([digest, manifests]) => {
    const tagged_count = [...manifests].filter((manifest) => reached.has(manifest)).length;
    return {
      repository,
      digest,
      size_bytes: sizes.get(digest) ?? 0,
      tagged_count,
      untagged_count: manifests.size - tagged_count,
    };
  });
}

function facetRows(repository: string, images: readonly { kind: string; platforms: string }[]) {
  const facets = images.flatMap(({ kind, platforms }) => [
    `kind:${kind}`,
    ...(JSON.parse(platforms) as string[]).map((platform) => `platform:${platform}`),
  ]);
  return [...new Set(facets)].map((facet) => ({
    repository,
    facet,
    image_count: facets.filter((other) => other === facet).length,
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
