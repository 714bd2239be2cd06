/**
 * Runs the migrations. Each one and the record that it ran are one transaction, so a killed process leaves all of it or
 * nothing.
 */
import { type Kysely, sql } from 'kysely';
import { isPostgres } from './engine.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Schema } from './schema.ts';

// An arbitrary number that all replicas use for the same advisory lock.
const UPGRADE_LOCK = 4_052_961_107;

export interface MigrationState {
  /** Every migration that this version knows, in order. */
  readonly known: readonly string[];
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied by a version newer than this one. */
  readonly unknown: readonly string[];
}

export async function migrationState(db: Kysely<Schema>): Promise<MigrationState> {
  const known = Object.keys(MIGRATIONS).sort();
  const applied = await appliedMigrations(db);
  return {
    known,
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/** @param atMost Number of pending migrations to run. */
export async function migrateToLatest(db: Kysely<Schema>, atMost = Number.POSITIVE_INFINITY): Promise<void> {
  const { pending } = await migrationState(db);
  for (const name of pending.slice(0, atMost)) await migrateOne(db, name);
}

async function migrateOne(db: Kysely<Schema>, name: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Another replica may upgrade at the same time; it is done when we get the lock.
    if (isPostgres(trx)) await sql`select pg_advisory_xact_lock(${sql.lit(UPGRADE_LOCK)})`.execute(trx);
    await addMarksTable(trx);
    if ((await appliedMigrations(trx)).includes(name)) return;
    await MIGRATIONS[name]?.up(trx);
    await sql`insert into kysely_migration (name, timestamp) values (${name}, ${new Date().toISOString()})`.execute(
      trx,
    );
  });
}

/** The same definition as in earlier versions. */
async function addMarksTable(trx: Kysely<Schema>): Promise<void> {
  await trx.schema
    .createTable('kysely_migration')
    .ifNotExists()
    .addColumn('name', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('timestamp', 'varchar(255)', (column) => column.notNull())
    .execute();
}

async function appliedMigrations(db: Kysely<Schema>): Promise<readonly string[]> {
  if (!(await hasMarksTable(db))) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name);
}

async function hasMarksTable(db: Kysely<Schema>): Promise<boolean> {
  const found = isPostgres(db)
    ? sql<{ found: unknown }>`select to_regclass('kysely_migration') as found`
    : sql<{ found: unknown }>`select name as found from sqlite_master where name = 'kysely_migration'`;
  const { rows } = await found.execute(db);
  return (rows[0]?.found ?? null) !== null;
}
