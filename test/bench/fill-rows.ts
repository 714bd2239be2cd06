/** What the index knows of one made-up repository: the rows of its tags and manifests, and its sums. Pure. */

import { tagKey } from '../../server/catalog/base/tag-key.ts';
import type { AffectedManifests, HeldRow, ManifestFacts } from '../../server/catalog/index/affected-manifests.ts';
import { heldAfter } from '../../server/catalog/index/held-rows.ts';
import type { TagRow } from '../../server/catalog/index/tag-writes.ts';
import { countedAs } from '../../server/catalog/manifests/blob-counts.ts';
import type { ManifestRecord } from '../../server/catalog/manifests/record.ts';
import { subjectOfTag } from '../../server/catalog/manifests/referrers.ts';
import { recordOf as readRecord } from '../support/data/manifest-records.ts';
import type { GeneratedManifest, GeneratedRepository } from '../support/registry/generated-content.ts';
import type { Random } from '../support/registry/generated-plan.ts';

const PUSHERS = 60;
const YEAR_MS = 365 * 86_400_000;
const HOUR_MS = 3600_000;

export interface FilledRepository {
  readonly manifests: readonly (ManifestRecord & { readonly bytes: number })[];
  readonly tags: readonly TagRow[];
  readonly held: readonly HeldRow[];
  /** Digest of each blob to how many manifests list it. */
  readonly blobs: ReadonlyMap<string, { readonly size: number; readonly tagged: number; readonly untagged: number }>;
  /** `kind:helm` to how many images are. */
  readonly facets: ReadonlyMap<string, number>;
}

export function fillRows(id: number, repository: GeneratedRepository, random: Random, at: number): FilledRepository {
  const records = new Map(repository.manifests.map((manifest) => [manifest.digest, recordOf(manifest)]));
  const manifests = [...records.values()].map((record) => ({ ...record, bytes: totalBytes(record, records) }));
  const tags = repository.tags.map((tag) =>
    aTag(id, tag, records.get(tag.digest)?.createdAt ?? at - YEAR_MS, random, at),
  );
  const around = neighbourhood(manifests);
  const known = new Set(records.keys());
  const wish = { linked: known, proven: known, unlinked: new Set<string>() };
  const rows = heldAfter(around, tags, wish, { repository_id: id, first_seen_at: at });
  const held = [...rows.values()].map((row) => withPulls(row, tags));
  const shown = tags.map((tag) => withImage(tag, rows.get(tag.digest)));
  return { manifests, tags: shown, held, blobs: countBlobs(manifests, rows), facets: countFacets(held) };
}

function recordOf(manifest: GeneratedManifest): ManifestRecord {
  return { ...readRecord(manifest, manifest.config?.raw ?? null), error: null };
}

function totalBytes(record: ManifestRecord, all: ReadonlyMap<string, ManifestRecord>): number {
  const parts = [record, ...record.children.map((child) => all.get(child.child_digest))];
  const sizes = new Map(parts.flatMap((part) => part?.blobs ?? []).map((blob) => [blob.blob_digest, blob.size_bytes]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function aTag(
  repositoryId: number,
  { name, digest }: { readonly name: string; readonly digest: string },
  built: number,
  random: Random,
  at: number,
): TagRow {
  const pushed_at = Math.min(at, built + Math.floor(random() * HOUR_MS));
  const pull_count = random() < 0.4 ? 0 : Math.floor(1 / (random() + 0.001));
  return {
    ...{ repository_id: repositoryId, name, digest, first_seen_at: pushed_at, checked_at: at },
    ...{ pushed_at, pushed_by: `person-${Math.floor(random() ** 2 * PUSHERS)}`, push_confirmed: 1 },
    ...{ pull_count, last_pulled_at: pull_count === 0 ? null : pushed_at + Math.floor(random() * (at - pushed_at)) },
    ...{ missing_since: null, subject_digest: subjectOfTag(name) ?? null, name_key: tagKey(name) },
    ...{ size_bytes: 0, platform_count: 0, aged_at: pushed_at },
  };
}

function neighbourhood(manifests: FilledRepository['manifests']): AffectedManifests {
  const facts = manifests.map((record): [string, ManifestFacts] => [
    record.digest,
    {
      ...{ digest: record.digest, kind: record.kind, subject_digest: record.subjectDigest },
      ...{ created_at: createdAt(record, manifests), total_bytes: record.bytes },
      platforms: JSON.stringify(record.platforms),
    },
  ]);
  const edges = manifests.flatMap((record) =>
    record.children.map((child) => ({ from: record.digest, to: child.child_digest, isListed: true })),
  );
  const digests = new Set(manifests.map(({ digest }) => digest));
  return { digests, manifests: new Map(facts), edges, held: new Map(), outside: new Map() };
}

/** An index is as new as the newest of its images. */
export function createdAt(record: ManifestRecord, all: readonly ManifestRecord[]): number | null {
  if (record.createdAt !== null || record.children.length === 0) return record.createdAt;
  const listed = new Set(record.children.map((child) => child.child_digest));
  const times = all.filter(({ digest }) => listed.has(digest)).flatMap((child) => child.createdAt ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

function withPulls(row: HeldRow, tags: readonly TagRow[]): HeldRow {
  if (row.tag_count === 0) return row;
  const own = tags.filter((tag) => tag.digest === row.digest);
  return {
    ...row,
    pull_count: own.reduce((sum, tag) => sum + tag.pull_count, 0),
    last_pulled_at: Math.max(0, ...own.map((tag) => tag.last_pulled_at ?? 0)),
  };
}

function withImage(tag: TagRow, row: HeldRow | undefined): TagRow {
  return { ...tag, size_bytes: row?.size_bytes ?? 0, platform_count: row?.platform_count ?? 0 };
}

function countBlobs(manifests: readonly ManifestRecord[], rows: ReadonlyMap<string, HeldRow>) {
  const counts = new Map<string, { size: number; tagged: number; untagged: number }>();
  for (const { digest, blobs } of manifests) {
    const kind = countedAs(rows.get(digest));
    for (const [blob, size] of new Map(blobs.map((each) => [each.blob_digest, each.size_bytes]))) {
      const count = counts.get(blob) ?? { size, tagged: 0, untagged: 0 };
      if (kind !== null) count[kind] += 1;
      counts.set(blob, count);
    }
  }
  return counts;
}

function countFacets(held: readonly HeldRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, platforms } of held.filter(({ state }) => state === 'tagged')) {
    const names = (JSON.parse(platforms) as string[]).map((platform) => `platform:${platform}`);
    for (const facet of [`kind:${kind}`, ...names]) counts.set(facet, (counts.get(facet) ?? 0) + 1);
  }
  return counts;
}
