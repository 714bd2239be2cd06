/** Labels of images and annotations of manifests, to be searched. */
import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { createInsertion } from '../../storage/insert-rows.ts';
import { type Label, labelKey } from '../base/labels.ts';
import { inStatements } from '../base/rows.ts';
import type { ManifestRecord } from './record.ts';

/** For use in a transaction, after the former labels of these manifests were deleted. */
export async function saveLabels(
  trx: Database,
  records: readonly Pick<ManifestRecord, 'digest' | 'labels'>[],
): Promise<void> {
  const distinct = new Map(records.flatMap(({ labels }) => labels.map((label) => [labelKey(label), label])));
  if (distinct.size === 0) return;
  const ids = await ensureLabels(trx, distinct);
  const rows = records.flatMap(({ digest, labels }) =>
    labels.map((label) => ({ label_id: ids.get(labelKey(label)) ?? 0, digest })),
  );
  await insertManifestLabels(trx, rows);
}

export async function deleteLabels(trx: Database, digests: readonly string[]): Promise<void> {
  await trx.deleteFrom('manifest_labels').where('digest', 'in', digests).execute();
}

const insertManifestLabels = createInsertion({
  into: 'manifest_labels',
  columns: ['label_id', 'digest'],
  conflict: 'stays',
});
const insertLabels = createInsertion({ into: 'labels', columns: ['key', 'value'], conflict: 'stays' });

async function ensureLabels(trx: Database, labels: ReadonlyMap<string, Label>): Promise<ReadonlyMap<string, number>> {
  const ids = await idsOf(trx, [...labels.values()]);
  // In a fixed order, which prevents deadlocks between replicas.
  const news = [...labels].filter(([pair]) => !ids.has(pair)).sort(([one], [other]) => (one < other ? -1 : 1));
  if (news.length === 0) return ids;
  const rows = news.map(([, label]) => label);
  await insertLabels(trx, rows);
  return new Map([...ids, ...(await idsOf(trx, rows))]);
}

async function idsOf(trx: Database, labels: readonly Label[]): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const part of inStatements(labels)) {
    const pairs = part.map(({ key, value }) => sql`(${key}, ${value})`);
    const found = await sql<Label & { id: number }>`
      select id, key, value from labels where (key, value) in (values ${sql.join(pairs)})`.execute(trx);
    for (const row of found.rows) ids.set(labelKey(row), row.id);
  }
  return ids;
}
