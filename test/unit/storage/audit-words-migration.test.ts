import assert from 'node:assert/strict';
import { test } from 'node:test';
import BetterSqlite from 'better-sqlite3';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import { MIGRATIONS } from '../../../server/storage/migrations/index.ts';
import type { Schema } from '../../../server/storage/schema.ts';

const OWN = '0020-audit-words';

function upTo(last: string) {
  const chosen = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name <= last));
  return { getMigrations: async () => chosen };
}

test('what the command line recorded before has the same word as the page', async (context) => {
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: new BetterSqlite(':memory:') }) });
  context.after(() => db.destroy());
  assert.equal((await new Migrator({ db, provider: upTo('0019-audit-actor') }).migrateToLatest()).error, undefined);
  const entry = { at: 1, address: '', object: 'ann', outcome: 'ok', detail: '{}' };
  await db
    .insertInto('audit')
    .values([
      { ...entry, actor: 'command line', action: 'user.reset-password' },
      { ...entry, actor: 'admin', action: 'password.reset' },
      { ...entry, actor: 'admin', action: 'user.remove' },
    ])
    .execute();
  assert.equal((await new Migrator({ db, provider: upTo(OWN) }).migrateToLatest()).error, undefined);
  const rows = await db.selectFrom('audit').select(['actor', 'action']).orderBy('id').execute();
  assert.deepEqual(
    rows.map(({ actor, action }) => `${actor}: ${action}`),
    ['command line: password.reset', 'admin: password.reset', 'admin: user.remove'],
  );
});
