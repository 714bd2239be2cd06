import { type Kysely, PostgresAdapter } from 'kysely';

/** For the few places where SQL differs: migrations, locks, search by parts of names. */
export function isPostgres(db: Pick<Kysely<unknown>, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
