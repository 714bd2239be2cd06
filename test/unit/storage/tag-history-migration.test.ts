import assert from 'node:assert/strict';
import { test } from 'node:test';
import BetterSqlite from 'better-sqlite3';
import { Kysely, type Migration, Migrator, SqliteDialect } from 'kysely';
import { MIGRATIONS } from '../../../server/storage/migrations/index.ts';
import type { Schema } from '../../../server/storage/schema.ts';

const OWN = '0009-tag-history';

function migrator(db: Kysely<Schema>, names: readonly string[]): Migrator {
  const chosen: Record<string, Migration> = {};
  for (const name of names) chosen[name] = MIGRATIONS[name] as Migration;
  return new Migrator({ db, provider: { getMigrations: async () => chosen } });
}

test('the history of tags begins with what the index knew', async (context) => {
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: new BetterSqlite(':memory:') }) });
  context.after(() => db.destroy());
  const before = Object.keys(MIGRATIONS).filter((name) => name < OWN);
  assert.equal((await migrator(db, before).migrateToLatest()).error, undefined);
  const repository = { first_seen_at: 1, checked_at: 1, newest_tag: 'v1', error: null };
  const row = { ...repository, name: 'team/app', last_pushed_at: 50, last_pushed_by: 'ann', pull_count: 9 };
  await db
    .insertInto('repositories')
    .values({ ...row, last_pulled_at: 40 })
    .execute();
  const tag = { repository_id: 1, first_seen_at: 1, checked_at: 1, missing_since: null, subject_digest: null };
  const pushed = { pushed_at: 20, pushed_by: 'ci', push_confirmed: 1 as const };
  const unknown = { pushed_at: null, pushed_by: null, push_confirmed: 0 as const };
  await db
    .insertInto('tags')
    .values([
      { ...tag, ...pushed, name: 'v1', digest: 'sha256:a', pull_count: 3, last_pulled_at: 30 },
      { ...tag, ...unknown, name: 'quiet', digest: 'sha256:b', pull_count: 0, last_pulled_at: null },
    ])
    .execute();
  const held = { repository_id: 1, first_seen_at: 1, created_at: null, pushed_at: null, pushed_by: null };
  await db
    .insertInto('held_manifests')
    .values({ ...held, digest: 'sha256:a', pull_count: 5, last_pulled_at: 35 })
    .execute();
  assert.equal((await migrator(db, [...before, OWN]).migrateToLatest()).error, undefined);
  const rows = await db
    .selectFrom('tag_history')
    .selectAll()
    .orderBy('tag', 'desc')
    .orderBy('digest', 'desc')
    .execute();
  assert.deepEqual(
    rows.map((each) => [each.tag, each.digest, each.pushed_by, each.pushed_at, each.pull_count, each.last_pulled_at]),
    [
      ['v1', 'sha256:a', 'ci', 20, 3, 30],
      ['', 'sha256:a', null, null, 2, 35],
      ['', '', 'ann', 50, 4, 40],
    ],
  );
});
