/**
 * Computes which manifests nothing needs once some tags are deleted. Pure: the input comes from
 * `catalog/manifests/manifest-needs.ts`.
 */
import type { ManifestNeeds } from '../catalog/manifests/manifest-needs.ts';

/** @param removed The tags to delete. @returns the digests that can be deleted with them, parents first. */
export function unneededAfter(around: ManifestNeeds, removed: ReadonlySet<string>): readonly string[] {
  const kept = keptAfter(around, removed);
  return around.digests.filter((digest) => !kept.has(digest));
}

function keptAfter({ digests, needs, tags, neededOutside }: ManifestNeeds, removed: ReadonlySet<string>): Set<string> {
  const inside = new Set(digests);
  // The tag of a signature does not keep it by itself: it stays only with the image that it refers to.
  const isFreeTag = (subject: string | null) => subject !== null && inside.has(subject);
  const tagged = tags.filter(({ name, subject }) => !removed.has(name) && !isFreeTag(subject));
  const kept = new Set([...neededOutside, ...tagged.map(({ digest }) => digest)]);
  const below = new Map<string, string[]>();
  for (const { from, to } of needs) below.set(from, [...(below.get(from) ?? []), to]);
  // Iterating over a set includes elements that are added meanwhile.
  for (const digest of kept) for (const needed of below.get(digest) ?? []) kept.add(needed);
  return kept;
}
