/** Sizes of indexes in repositories that do not have all their children. For use in transactions. */
import { sql } from 'kysely';
import { isAmong } from '../../storage/among.ts';
import type { Database } from '../../storage/database.ts';
import { groupBy } from '../base/rows.ts';
import { sizeOfBlobs } from '../manifests/store.ts';
import type { AffectedManifests, HeldRow } from './affected-manifests.ts';

/**
 * The table of manifests has the totals of an index over all known children. In a repository that is not proven to have
 * all of them, size and time are those of the proven ones; otherwise they would reveal content of another repository.
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
    // Iterating over a set includes elements that are added meanwhile.
    for (const each of below) for (const { to } of lists.get(each) ?? []) below.add(to);
    const own = [...below].filter((each) => rows.has(each));
    if (own.length === below.size) continue;
    const sums = await sumsOf(trx, own);
    result.set(digest, { ...row, ...sums, aged_at: row.pushed_at ?? sums.created_at ?? 0 });
  }
  return result;
}

/** Also for nested indexes, whose time covers all known children, too. */
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
