import { type Kysely, sql } from 'kysely';

/** The command line had a word of its own for what the page calls `password.reset`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`update audit set action = 'password.reset' where action = 'user.reset-password'`.execute(db);
}
