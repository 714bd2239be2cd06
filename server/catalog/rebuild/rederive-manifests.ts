/** Parses all stored manifests again, after an upgrade that reads more of them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ContentReader } from '../../artifacts/reader.ts';
import type { ParsedManifest } from '../../registry/documents/manifest.ts';
import type { Database } from '../../storage/database.ts';
import { hasReadableConfig, manifestKindOf } from '../base/kinds.ts';
import type { ManifestRow } from '../images/image-rows.ts';
import { isUnreadable, type ManifestRecord, manifestRecord, NO_CONFIG, type ReadConfig } from '../manifests/record.ts';
import { replaceManifests, sumUpIndex } from '../manifests/store.ts';

// Their bytes are in memory at the same time.
const MANIFESTS_AT_ONCE = 50;

/** Sends no requests. The counts of repositories are derived from this and not changed here. */
export async function rederiveManifests(db: Database, reader: ContentReader): Promise<void> {
  const indexes: Pick<ManifestRecord, 'digest' | 'createdAt'>[] = [];
  for await (const rows of pages(db)) {
    const read = await Promise.all(rows.map((row) => readAgain(row, reader)));
    const found = read.filter((each) => each !== undefined);
    await db.transaction().execute((trx) => replaceManifests(trx, found));
    for (const { record } of found) {
      const { kind, digest, createdAt } = record;
      if (kind === 'index') indexes.push({ digest, createdAt });
    }
    await nextTurn();
  }
  // Totals of indexes are derived from their children, including nested indexes.
  for (const record of indexes) {
    await db.transaction().execute((trx) => sumUpIndex(trx, record));
    await nextTurn();
  }
}

async function* pages(db: Database): AsyncGenerator<readonly ManifestRow[]> {
  let after = '';
  for (;;) {
    const rows = await db
      .selectFrom('manifests')
      .selectAll()
      .where('digest', '>', after)
      .where('raw', 'is not', null)
      .orderBy('digest')
      .limit(MANIFESTS_AT_ONCE)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.digest;
    yield rows;
  }
}

async function readAgain(row: ManifestRow, reader: ContentReader) {
  const { digest, raw, fetched_at: at } = row;
  if (raw === null) return undefined;
  const stored = { digest, raw, mediaType: row.media_type };
  try {
    const parsed = await reader.manifest(raw, row.media_type);
    const config = await configAgain(row.config, parsed, reader);
    return { record: manifestRecord(stored, parsed, config, problemOf(row, parsed)), at };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return { record: manifestRecord(stored, undefined, NO_CONFIG, error.message), at };
  }
}

async function configAgain(
  config: Buffer | null,
  { ownConfig }: ParsedManifest,
  reader: ContentReader,
): Promise<ReadConfig> {
  const bytes = ownConfig === undefined ? config : Buffer.from(ownConfig);
  if (bytes === null) return NO_CONFIG;
  try {
    return { bytes, image: await reader.config(bytes) };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return error.code === 'TOO_LARGE' ? NO_CONFIG : { bytes, image: undefined };
  }
}

/**
 * A manifest that is newly recognised as an image has no configuration yet: with a problem set, the next check fetches
 * it.
 */
function problemOf(row: ManifestRow, parsed: ParsedManifest): string | null {
  const lacksConfig =
    parsed.config !== undefined && hasReadableConfig(manifestKindOf(parsed)) && !hasReadableConfig(row.kind);
  if (lacksConfig) return 'The configuration of this image was not read yet';
  return row.kind === 'unknown' ? null : row.error;
}
