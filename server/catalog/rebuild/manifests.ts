import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Selectable } from 'kysely';
import { type ContentReader, createContentReader } from '../../artifacts/reader.ts';
import type { Database } from '../../storage/database.ts';
import type { ManifestsTable } from '../../storage/schema.ts';
import { searchableLabels } from '../base/labels.ts';
import { ensureBlobs } from '../manifests/blob-counts.ts';
import { deleteLabels, saveLabels } from '../manifests/labels.ts';
import { type ManifestRecord, readImageConfig } from '../manifests/record.ts';

const MANIFESTS_AT_ONCE = 300;

type Row = Pick<Selectable<ManifestsTable>, 'digest' | 'kind' | 'config' | 'annotations'>;

/** Rebuilds blobs and labels of all manifests, independent of repositories. */
export async function rebuildBlobsAndLabels(
  db: Database,
  reader: ContentReader = createContentReader(),
): Promise<void> {
  let after = '';
  for (;;) {
    const rows = await db
      .selectFrom('manifests')
      .select(['digest', 'kind', 'config', 'annotations'])
      .where('digest', '>', after)
      .orderBy('digest')
      .limit(MANIFESTS_AT_ONCE)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.digest;
    const labels = await Promise.all(
      rows.map(async (row) => ({ digest: row.digest, labels: await labelsOf(row, reader) })),
    );
    await db.transaction().execute((trx) => rebuildPart(trx, labels));
    await nextTurn();
  }
}

async function rebuildPart(trx: Database, labels: readonly Pick<ManifestRecord, 'digest' | 'labels'>[]): Promise<void> {
  const digests = labels.map((row) => row.digest);
  await ensureBlobs(trx, await listedSizes(trx, digests));
  await deleteLabels(trx, digests);
  await saveLabels(trx, labels);
}

async function listedSizes(trx: Database, digests: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await trx
    .selectFrom('manifest_blobs')
    .select(({ fn }) => ['blob_digest', fn.max('size_bytes').as('size_bytes')])
    .where('digest', 'in', digests)
    .groupBy('blob_digest')
    .execute();
  return new Map(rows.map((row) => [row.blob_digest, Number(row.size_bytes)]));
}

async function labelsOf({ kind, config, annotations }: Row, reader: ContentReader) {
  const image = kind === 'image' && config !== null ? await readImageConfig(config, reader) : undefined;
  return searchableLabels(image?.config.labels ?? {}, JSON.parse(annotations) as Record<string, string>);
}
