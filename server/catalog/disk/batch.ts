/** Some repositories as they stand on disk, with everything that the index lacks of their manifests. */
import type { RepositoryLinks } from '../../registry/disk/links.ts';
import type { FirstContent } from '../index/first-content.ts';
import type { Children } from '../manifests/manifest-lookup.ts';
import type { ManifestRecord } from '../manifests/record.ts';

export interface NamedRepository {
  readonly id: number;
  readonly name: string;
}

export interface LinkedRepository extends NamedRepository {
  readonly links: RepositoryLinks;
}

export function rowCountOf({ links }: LinkedRepository): number {
  return 1 + links.tags.length + links.revisions.length;
}

/**
 * @param readable digests that are stored, or were read just now.
 * @returns what it holds; undefined where something that people use is broken, so that the registry has to be asked.
 */
export function wholeContent(
  { id, links }: LinkedRepository,
  readable: ReadonlySet<string>,
  children: Children,
): FirstContent | undefined {
  const own = new Set(links.revisions);
  const whole = new Set(links.revisions.filter((digest) => isWhole(digest, own, readable, children)));
  const needed = new Set(links.tags.map((tag) => tag.digest));
  // A set that grows while it is walked is walked to its end.
  for (const digest of needed) for (const child of children.get(digest) ?? []) needed.add(child);
  if (links.problems.length > 0 || [...needed].some((digest) => !whole.has(digest))) return undefined;
  return { id, tags: links.tags, digests: [...whole] };
}

function isWhole(digest: string, own: ReadonlySet<string>, readable: ReadonlySet<string>, children: Children): boolean {
  return readable.has(digest) && (children.get(digest) ?? []).every((child) => own.has(child) && readable.has(child));
}

/** Images before the indexes that list them, and those before indexes of indexes. */
export function childrenFirst(records: readonly ManifestRecord[]): readonly ManifestRecord[] {
  const byDigest = new Map(records.map((record) => [record.digest, record]));
  const ordered = new Set<ManifestRecord>();
  const begun = new Set<string>();
  function add(record: ManifestRecord): void {
    if (begun.has(record.digest)) return;
    begun.add(record.digest);
    for (const { child_digest } of record.children) {
      const child = byDigest.get(child_digest);
      if (child !== undefined) add(child);
    }
    ordered.add(record);
  }
  for (const record of records) add(record);
  return [...ordered];
}
