/** Repositories as read from disk, with all manifests that the index does not have. */
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

/** Approximate number of rows to write: the repository, its tags and manifests. */
export function rowCountOf({ links }: LinkedRepository): number {
  return 1 + links.tags.length + links.revisions.length;
}

/**
 * @param readable Digests that are stored or were just read.
 * @returns the content of the repository; undefined when something in use is damaged, so that the registry has to be
 * asked.
 */
export function wholeContent(
  { id, links }: LinkedRepository,
  readable: ReadonlySet<string>,
  children: Children,
): FirstContent | undefined {
  const own = new Set(links.revisions);
  const whole = new Set(links.revisions.filter((digest) => isWhole(digest, own, readable, children)));
  const needed = new Set(links.tags.map((tag) => tag.digest));
  // Iterating over a set includes elements that are added meanwhile.
  for (const digest of needed) for (const child of children.get(digest) ?? []) needed.add(child);
  if (links.problems.length > 0 || [...needed].some((digest) => !whole.has(digest))) return undefined;
  return { id, tags: links.tags, digests: [...whole] };
}

function isWhole(digest: string, own: ReadonlySet<string>, readable: ReadonlySet<string>, children: Children): boolean {
  return readable.has(digest) && (children.get(digest) ?? []).every((child) => own.has(child) && readable.has(child));
}

/** Children before the indexes that list them. */
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
