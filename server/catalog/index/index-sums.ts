/** What an index amounts to in a repository that lacks some of what it lists. For transactions. */
import { sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { groupBy } from '../base/rows.ts';
import { sizeOfBlobs } from '../manifests/store.ts';
import type { AffectedManifests, HeldRow } from './affected-manifests.ts';

/**
 * The row of a manifest sums up an index over all that is known. Where the repository was not proven to have some of that,
 * size and time are those of the rest: else they would tell of what only another repository has.
 */
export async function withOwnSums(
  trx: Database,
  { edges, manifests }: AffectedManifests,
  rows: ReadonlyMap<string, HeldRow>,
): Promise<ReadonlyMap<string, HeldRow>> {
  const lists = groupBy(
    edges.filter(({ isListed, to }) => isListed && manifests.has(to)),
    (edge) => edge.from,
  );
  const result = new Map(rows);
  for (const [digest, row] of rows) {
    const below = new Set<string>([digest]);
    // A set that grows while it is walked is walked to its end.
    for (const each of below) for (const { to } of lists.get(each) ?? []) below.add(to);
    const own = [...below].filter((each) => rows.has(each));
    if (own.length === below.size) continue;
    const sums = await sumsOf(trx, own);
    result.set(digest, { ...row, ...sums, aged_at: row.pushed_at ?? sums.created_at ?? 0 });
  }
  return result;
}

/** The time of a nested index is one over all that is known, too. */
async function sumsOf(trx: Database, own: readonly string[]) {
  const isOwn = isAmong(trx, sql`digest`, own);
  const { rows } = await sql<{ bytes: number | null; created: number | null }>`
    select ${sizeOfBlobs(isOwn)} as bytes,
      (select max(created_at) from manifests where ${isOwn} and kind <> 'index') as created`.execute(trx);
  const { bytes, created } = rows[0] ?? {};
  return {
    size_bytes: Number(bytes ?? 0),
    created_at: created === null || created === undefined ? null : Number(created),
  };
}
