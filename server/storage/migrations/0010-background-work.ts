import type { Kysely } from 'kysely';
import { columnTypes, millis, present } from './columns.ts';

/** What background work remembers over restarts: when it ran, and what it need not ask for again soon. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const types = columnTypes(db);
  await schema
    .createTable('manifest_retries')
    .addColumn('repository', types.text, present)
    .addColumn('digest', types.text, present)
    .addColumn('tries', 'integer', present)
    .addColumn('next_at', 'bigint', millis)
    .addPrimaryKeyConstraint('manifest_retries_key', ['repository', 'digest'])
    .execute();
  await schema
    .createTable('job_runs')
    .addColumn('name', types.text, (column) => column.primaryKey())
    .addColumn('started_at', 'bigint', millis)
    .addColumn('duration_ms', 'bigint')
    .addColumn('error', types.text)
    .execute();
}
