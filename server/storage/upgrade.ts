/** Upgrades the database when the server starts, after copying it. */
import { dirname, join } from 'node:path';
import type SqliteDatabase from 'better-sqlite3';
import { Kysely, type SqliteDatabase as KyselySqlite, SqliteDialect } from 'kysely';
import { errorText, StartError } from '../errors.ts';
import { countAppliedStatements, resumeMigration } from './interrupted-upgrade.ts';
import { migrateToLatest, migrationState } from './migrate.ts';
import type { Schema } from './schema.ts';
import { copyBeforeUpgrade } from './upgrade-copy.ts';

export interface Upgrade {
  readonly migrations: readonly string[];
  /** Path of the copy; null for a database in memory. */
  readonly copy: string | null;
  /** An earlier version had begun this upgrade and was killed. */
  readonly wasInterrupted: boolean;
}

/**
 * @returns undefined when nothing was pending, or the database was empty.
 * @throws {StartError} when a newer version wrote the file, or when the upgrade failed; the file is unchanged then.
 */
export async function upgrade(
  connection: SqliteDatabase.Database,
  { isAllowed }: { readonly isAllowed: boolean },
): Promise<Upgrade | undefined> {
  const file = connection.name;
  const db = kyselyOf(connection);
  const { applied, pending, unknown } = await migrationState(db);
  if (unknown.length > 0) {
    throw new StartError([
      `The database ${file} was written by a newer version (it has ${unknown.join(', ')}). ` +
        `Start that version again, or put back the copy in ${join(dirname(file), 'backups')} that was made before the upgrade.`,
    ]);
  }
  const [first] = pending;
  if (first === undefined) return undefined;
  if (!isAllowed) throw new StartError(['The database is from an older version. Start the server once to upgrade it.']);
  const isNew = isEmpty(connection);
  const copy = isNew || connection.memory ? null : copyBeforeUpgrade(connection, first, new Date());
  try {
    const done = await countAppliedStatements(connection, applied, first);
    if (done > 0) await migrateToLatest(kyselyOf(resumeMigration(connection, done)), 1);
    await migrateToLatest(db);
    return isNew ? undefined : { migrations: pending, copy, wasInterrupted: done > 0 };
  } catch (error) {
    const way = copy === null ? '' : ` It is as it was before; a copy is ${copy}.`;
    throw new StartError([`The database ${file} could not be upgraded: ${errorText(error)}.${way}`]);
  }
}

function isEmpty(connection: SqliteDatabase.Database): boolean {
  return connection.prepare('select 1 from sqlite_master limit 1').get() === undefined;
}

function kyselyOf(database: KyselySqlite): Kysely<Schema> {
  return new Kysely({ dialect: new SqliteDialect({ database }) });
}
