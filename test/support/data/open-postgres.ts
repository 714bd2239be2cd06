import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { migrateToLatest } from '../../../server/storage/migrate.ts';
import type { Schema } from '../../../server/storage/schema.ts';

const MAX_CONNECTIONS = 10;
/** Of `int8` and `numeric`: counts, sizes and times, all below 2^53. */
const NUMBER_TYPES: readonly number[] = [20, 1700];

/**
 * The product's tables on PostgreSQL, with values as SQLite gives them: numbers for counts and times, no NUL in texts.
 *
 * @param url `postgres://user@host:port/database`.
 */
export async function openPostgres(url: string): Promise<{ db: Kysely<Schema>; close: () => Promise<void> }> {
  const pool = createPool(url);
  const connect = async () => withoutNul(await pool.connect());
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: { connect, end: () => pool.end() } }) });
  try {
    await migrateToLatest(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, close: () => db.destroy() };
}

function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        NUMBER_TYPES.includes(type) ? Number : pg.types.getTypeParser(type, format as 'text'),
    },
  });
  // A connection that breaks while it is idle is replaced; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

/** PostgreSQL has no NUL in texts, but registries and clients send what they like. */
function withoutNul(client: pg.PoolClient): PostgresPoolClient {
  const query = client.query.bind(client) as (...values: unknown[]) => unknown;
  const wrapped = {
    query: (text: unknown, values?: readonly unknown[]) =>
      query(text, ...(values === undefined ? [] : [values.map(cleaned)])),
    release: () => client.release(),
  };
  return wrapped as unknown as PostgresPoolClient;
}

function cleaned(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\u{fffd}') : value;
}
