import type { Kysely } from 'kysely';
import { columnTypes, count, empty } from './columns.ts';

/** What tells platforms of one name apart, and layers that stand elsewhere. Read from the manifests by the next start. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const { text } = columnTypes(db);
  await schema.alterTable('manifest_children').addColumn('os_version', text, empty).execute();
  await schema.alterTable('manifest_children').addColumn('os_features', text, empty).execute();
  // The host that keeps a layer which no registry stores, and how large it says that it is there.
  await schema.alterTable('manifest_blobs').addColumn('kept_at', text, empty).execute();
  await schema.alterTable('manifest_blobs').addColumn('kept_bytes', 'bigint', count).execute();
}
