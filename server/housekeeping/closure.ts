/** Which manifests nothing needs any more once some tags are gone. Pure: what it works on is read by `catalog/manifests/`. */
import type { Surroundings } from '../catalog/manifests/surroundings.ts';

/**
 * @param removed the tags that go.
 * @returns what can go with them, parents first.
 */
export function unneededAfter(around: Surroundings, removed: ReadonlySet<string>): readonly string[] {
  const kept = keptAfter(around, removed);
  return around.digests.filter((digest) => !kept.has(digest));
}

function keptAfter({ digests, needs, tags, neededOutside }: Surroundings, removed: ReadonlySet<string>): Set<string> {
  const inside = new Set(digests);
  // A tag of a signature stays for the image that it names, not by itself.
  const isFreeTag = (subject: string | null) => subject !== null && inside.has(subject);
  const tagged = tags.filter(({ name, subject }) => !removed.has(name) && !isFreeTag(subject));
  const kept = new Set([...neededOutside, ...tagged.map(({ digest }) => digest)]);
  const below = new Map<string, string[]>();
  for (const { from, to } of needs) below.set(from, [...(below.get(from) ?? []), to]);
  // A set that grows while it is walked is walked to its end.
  for (const digest of kept) for (const needed of below.get(digest) ?? []) kept.add(needed);
  return kept;
}
