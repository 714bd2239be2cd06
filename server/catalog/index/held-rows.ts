/** Computes a repository's rows of manifests from tags and affected manifests. Pure. */
import type { HeldState } from '../../storage/schema.ts';
import { groupBy } from '../base/rows.ts';
import type { AffectedManifests, HeldRow, ManifestFacts } from './affected-manifests.ts';
import type { TagRow } from './tag-writes.ts';

export interface WantedManifests {
  /** Manifests to add, with everything below that was present before or is proven. */
  readonly linked: ReadonlySet<string>;
  /** Manifests that the registry has in this repository: an index may list some that only another one has. */
  readonly proven: ReadonlySet<string>;
  /** Manifests to remove, unless a tag points to them. */
  readonly unlinked: ReadonlySet<string>;
}

/** @returns the rows after the change; a manifest without a row is removed. */
export function heldAfter(
  around: AffectedManifests,
  tags: readonly TagRow[],
  wish: WantedManifests,
  blank: Pick<HeldRow, 'repository_id' | 'first_seen_at'>,
): ReadonlyMap<string, HeldRow> {
  const tagsOn = groupBy(tags, (tag) => tag.digest);
  const present = presentAfter(around, tagsOn, wish);
  const reached = reachedAfter(around, tagsOn, present);
  const listed = listedAfter(around, present);
  const rows = [...present].map((digest): [string, HeldRow] => {
    const facts = around.manifests.get(digest);
    const own = tagsOn.get(digest) ?? [];
    const state = stateOf(own, facts, listed.has(digest));
    return [
      digest,
      {
        ...blank,
        ...kept(around.held.get(digest)),
        digest,
        state,
        reached: reached.has(digest) ? 1 : 0,
        ...whatItIs(facts),
        ...whatTagsSay(own, facts),
      },
    ];
  });
  return new Map(rows);
}

function presentAfter(
  { held, manifests, edges }: AffectedManifests,
  tagsOn: ReadonlyMap<string, readonly TagRow[]>,
  { linked, proven, unlinked }: WantedManifests,
): ReadonlySet<string> {
  const listed = groupBy(
    edges.filter(({ isListed, to }) => isListed && manifests.has(to) && (held.has(to) || proven.has(to))),
    (edge) => edge.from,
  );
  const wanted = new Set(linked);
  for (const digest of wanted) for (const { to } of listed.get(digest) ?? []) wanted.add(to);
  // A manifest that was never read gets a row only while a tag points to it.
  const stays = [...held.keys(), ...wanted].filter((digest) => manifests.has(digest) && !unlinked.has(digest));
  return new Set([...stays, ...tagsOn.keys()]);
}

function reachedAfter(
  { edges, outside }: AffectedManifests,
  tagsOn: ReadonlyMap<string, readonly TagRow[]>,
  present: ReadonlySet<string>,
): ReadonlySet<string> {
  const kept = groupBy(
    edges.filter((edge) => present.has(edge.to)),
    (edge) => edge.from,
  );
  const starts = [...present].filter((digest) => tagsOn.has(digest) || outside.get(digest)?.isReached);
  const reached = new Set(starts);
  // Iterating over a set includes elements that are added meanwhile.
  for (const digest of reached) for (const { to } of kept.get(digest) ?? []) reached.add(to);
  return reached;
}

function listedAfter({ edges, outside }: AffectedManifests, present: ReadonlySet<string>): ReadonlySet<string> {
  const inside = edges.filter((edge) => edge.isListed && present.has(edge.from)).map((edge) => edge.to);
  const others = [...outside].filter(([, { isListed }]) => isListed).map(([digest]) => digest);
  return new Set([...inside, ...others]);
}

function stateOf(tags: readonly TagRow[], facts: ManifestFacts | undefined, isListed: boolean): HeldState {
  if (tags.some((tag) => tag.subject_digest === null)) return 'tagged';
  if (tags.length > 0 || (facts?.subject_digest ?? null) !== null) return 'referrer';
  return isListed ? 'child' : 'untagged';
}

function kept(before: HeldRow | undefined) {
  if (before === undefined) return { last_pulled_at: 0, pull_count: 0 };
  const { first_seen_at, last_pulled_at, pull_count } = before;
  return { first_seen_at, last_pulled_at, pull_count };
}

function whatItIs(facts: ManifestFacts | undefined) {
  const platforms = facts?.platforms ?? '[]';
  return {
    kind: facts?.kind ?? 'unknown',
    size_bytes: facts?.total_bytes ?? 0,
    platforms,
    platform_count: platforms === '[]' ? 0 : (JSON.parse(platforms) as unknown[]).length,
    created_at: facts?.created_at ?? null,
  };
}

function whatTagsSay(tags: readonly TagRow[], facts: ManifestFacts | undefined) {
  const own = tags.filter((tag) => tag.subject_digest === null);
  const highest = best(own, (one, other) => one.name_key > other.name_key);
  const latest = best(
    tags.filter((tag) => tag.pushed_at !== null),
    isPushedLater,
  );
  return {
    tag_count: own.length,
    tag_name: highest?.name ?? '',
    tag_key: highest?.name_key ?? '',
    aged_at: latest?.pushed_at ?? facts?.created_at ?? 0,
    pushed_at: latest?.pushed_at ?? null,
    pushed_by: latest?.pushed_by ?? null,
    push_confirmed: latest?.push_confirmed ?? 0,
  };
}

function best(tags: readonly TagRow[], isBetter: (one: TagRow, other: TagRow) => boolean): TagRow | undefined {
  let found: TagRow | undefined;
  for (const tag of tags) if (found === undefined || isBetter(tag, found)) found = tag;
  return found;
}

/** Of two pushes at the same time the higher tag decides, so that the result does not depend on the order of rows. */
function isPushedLater(one: TagRow, other: TagRow): boolean {
  const [at, otherAt] = [one.pushed_at ?? 0, other.pushed_at ?? 0];
  return at > otherAt || (at === otherAt && one.name_key > other.name_key);
}
