/**
 * Adds repositories of which nothing is known, with all their content: rows are computed in memory and written
 * together, at a fraction of the cost of single changes. The rows are the same as those of `repository-change.ts`.
 */
import type { Database } from '../../storage/database.ts';
import { lockUnknown, setColumns } from '../base/repository-writes.ts';
import { groupBy } from '../base/rows.ts';
import { tagKey } from '../base/tag-key.ts';
import { countFirstBlobs } from '../manifests/blob-counts.ts';
import {
  type AffectedManifests,
  type Edge,
  factsOf,
  type HeldRow,
  listedBy,
  type ManifestFacts,
} from './affected-manifests.ts';
import { heldAfter } from './held-rows.ts';
import { insertHeld } from './held-writes.ts';
import { withImage } from './recompute-derived.ts';
import { addFacetCounts, initialRollups } from './rollups.ts';
import { NO_HISTORY } from './tag-history.ts';
import { newTag, storeTags, type TagRow } from './tag-writes.ts';

export interface FirstContent {
  readonly id: number;
  readonly tags: readonly { readonly name: string; readonly digest: string }[];
  /** All of its manifests, which are stored already. */
  readonly digests: readonly string[];
}

interface Written extends FirstContent {
  readonly rows: ReadonlyMap<string, HeldRow>;
  readonly tagRows: readonly TagRow[];
}

/**
 * For use in a transaction.
 * @param crawlId The crawl that read them.
 * @returns the repositories that were written; of the others something was known already.
 */
export async function storeFirstContent(
  trx: Database,
  repositories: readonly FirstContent[],
  at: number,
  crawlId: number,
): Promise<ReadonlySet<number>> {
  const unknown = await lockUnknown(
    trx,
    repositories.map(({ id }) => id),
  );
  const firsts = repositories.filter(({ id }) => unknown.has(id));
  const digests = [...new Set(firsts.flatMap((first) => first.digests))];
  if (firsts.length === 0) return unknown;
  const facts = new Map((digests.length === 0 ? [] : await factsOf(trx, digests)).map((row) => [row.digest, row]));
  const indexes = [...facts.values()].filter(({ kind }) => kind === 'index').map(({ digest }) => digest);
  const listed = groupBy(await listedBy(trx, indexes), (edge) => edge.from);
  const written = firsts.map((first) => computeRows(first, facts, listed, at));
  await storeTags(
    trx,
    written.flatMap(({ tagRows }) => tagRows),
  );
  await insertHeld(
    trx,
    written.flatMap(({ rows }) => [...rows.values()]),
  );
  await storeSums(trx, written, at, crawlId);
  return unknown;
}

function computeRows(
  first: FirstContent,
  facts: ReadonlyMap<string, ManifestFacts>,
  listed: ReadonlyMap<string, readonly Edge[]>,
  at: number,
): Written {
  const own = new Set(first.digests);
  const tags = first.tags.map((tag) => ({ ...newTag(first.id, tag, NO_HISTORY, at), name_key: tagKey(tag.name) }));
  const wish = { linked: own, proven: own, unlinked: new Set<string>() };
  const blank = { repository_id: first.id, first_seen_at: at };
  const rows = heldAfter(affectedManifests(own, facts, listed), tags, wish, blank);
  return { ...first, rows, tagRows: tags.map((tag) => withImage(tag, rows.get(tag.digest))) };
}

function affectedManifests(
  own: ReadonlySet<string>,
  facts: ReadonlyMap<string, ManifestFacts>,
  listed: ReadonlyMap<string, readonly Edge[]>,
): AffectedManifests {
  const manifests = new Map<string, ManifestFacts>();
  const edges: Edge[] = [];
  for (const digest of own) {
    const row = facts.get(digest);
    if (row === undefined) continue;
    manifests.set(digest, row);
    edges.push(...(listed.get(digest) ?? []));
    const subject = row.subject_digest ?? '';
    if (own.has(subject)) edges.push({ from: subject, to: digest, isListed: false });
  }
  return { digests: own, manifests, edges, held: new Map(), outside: new Map() };
}

async function storeSums(trx: Database, written: readonly Written[], at: number, crawlId: number): Promise<void> {
  const bytes = await countFirstBlobs(trx, new Map(written.map(({ id, rows }) => [id, [...rows.values()]])));
  const facetRows = [];
  for (const { id, rows, tagRows } of written) {
    const { columns, facets } = initialRollups(rows, tagRows, bytes.get(id) ?? 0);
    facetRows.push(...[...facets].map(([facet, image_count]) => ({ facet, repository_id: id, image_count })));
    const isChanged = rows.size > 0 && { changed_at: at };
    await setColumns(trx, id, { ...columns, checked_at: at, error: null, crawl_id: crawlId, ...isChanged });
  }
  await addFacetCounts(trx, facetRows);
}
