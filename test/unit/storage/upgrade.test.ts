/** A database of every earlier schema, filled, becomes one of today; also when an earlier version was killed in the middle. */
import assert from 'node:assert/strict';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { openDatabase } from '../../../server/storage/database.ts';
import { MIGRATIONS } from '../../../server/storage/migrations/index.ts';
import { upgrade } from '../../../server/storage/upgrade.ts';
import {
  type OldDatabase,
  statementsOf,
  upTo,
  writeOldDatabase,
  writeOldFile,
} from '../../support/data/old-database.ts';
import { temporaryFolder } from '../../support/process/tmp.ts';

const NAMES = Object.keys(MIGRATIONS);
/** Those that versions ran which committed each statement alone. */
const ONCE_HALF = NAMES.filter((name) => name <= '0008-list-orders');

type Connection = SqliteDatabase.Database;

async function oldDatabase(t: TestContext, old: OldDatabase): Promise<Connection> {
  const connection = new SqliteDatabase(':memory:');
  t.after(() => connection.close());
  await writeOldDatabase(connection, old);
  return connection;
}

function ask(connection: Connection, text: string): readonly unknown[] {
  return connection.prepare(text).all();
}

const SHAPE = `select type, name, sql from sqlite_master
  where name not like 'kysely_%' and sql is not null order by type, name`;

let knownShape: readonly unknown[] | undefined;
async function freshShape(): Promise<readonly unknown[]> {
  if (knownShape !== undefined) return knownShape;
  const connection = new SqliteDatabase(':memory:');
  assert.equal(await upgrade(connection, { isAllowed: true }), undefined);
  knownShape = ask(connection, SHAPE);
  connection.close();
  return knownShape;
}

async function assertUpgraded(connection: Connection): Promise<void> {
  assert.ok((await upgrade(connection, { isAllowed: true })) !== undefined);
  assert.deepEqual(ask(connection, SHAPE), await freshShape());
  const marks = ask(connection, 'select name from kysely_migration order by name');
  assert.deepEqual(
    marks,
    NAMES.map((name) => ({ name })),
  );
  assert.deepEqual(ask(connection, 'pragma foreign_key_check'), []);
  assert.deepEqual(ask(connection, 'pragma integrity_check'), [{ integrity_check: 'ok' }]);
}

const KEPT = {
  '0001-accounts': [
    ['select username, password_hash from users', { username: 'wei', password_hash: 'hash' }],
    ["select value from settings where key = 'session_secret'", { value: 'secret' }],
  ],
  '0002-index': [
    ['select name, pull_count from repositories', { name: 'team/app', pull_count: 7 }],
    ['select name, pushed_by from tags', { name: 'v1', pushed_by: 'wei' }],
    ['select digest from held_manifests', { digest: 'sha256:1' }],
    ["select rowid from repositories_names where repositories_names match 'tea'", { rowid: 1 }],
    ['select sum(pushes) as pushes from activity_days', { pushes: 1 }],
    ['select pushes, actor from push_days', { pushes: 1, actor: 'wei' }],
  ],
  '0004-repository-pages': [['select text from descriptions', { text: 'About' }]],
} as const;

function assertDurable(connection: Connection, applied: readonly string[]): void {
  for (const [name, facts] of Object.entries(KEPT)) {
    if (!applied.includes(name)) continue;
    for (const [text, row] of facts) assert.deepEqual(ask(connection, text), [row], text);
  }
}

describe('a filled database of each earlier schema', () => {
  for (const last of NAMES.slice(0, -1)) {
    test(`${last} is upgraded with everything in it`, async (t) => {
      const applied = upTo(last);
      const connection = await oldDatabase(t, { applied, isFilled: true });
      await assertUpgraded(connection);
      assertDurable(connection, applied);
    });
  }
});

describe('an upgrade that an earlier version left in the middle', () => {
  for (const [index, name] of ONCE_HALF.entries()) {
    test(`${name} is finished after each of its statements`, async (t) => {
      const before = { applied: NAMES.slice(0, index), isFilled: index > 0 };
      const statements = await statementsOf(name, before);
      assert.ok(statements.length > 0);
      for (let done = 1; done <= statements.length; done += 1) {
        const connection = await oldDatabase(t, { ...before, begun: statements.slice(0, done) });
        try {
          await assertUpgraded(connection);
          assertDurable(connection, before.applied);
        } catch (cause) {
          throw new Error(`after ${done} of ${statements.length}: ${statements[done - 1]?.text}`, { cause });
        }
      }
    });
  }

  test('what others keep in the file does not hinder it', async (t) => {
    const before = { applied: [], isFilled: false };
    const statements = await statementsOf('0001-accounts', before);
    const connection = await oldDatabase(t, { ...before, begun: statements.slice(0, 5) });
    connection.exec('create table _litestream_seq (id integer primary key, seq integer)');
    const upgraded = await upgrade(connection, { isAllowed: true });
    assert.equal(upgraded?.wasInterrupted, true);
  });

  test('a shape that no version can have left is refused, and stays as it is', async (t) => {
    const connection = new SqliteDatabase(':memory:');
    t.after(() => connection.close());
    connection.exec('create table users (id integer primary key)');
    await assert.rejects(upgrade(connection, { isAllowed: true }), /could not be upgraded: .*already exists/);
    assert.deepEqual(ask(connection, 'select name from sqlite_master'), [{ name: 'users' }]);
  });
});

describe('the copy before an upgrade', () => {
  async function oldFile(t: TestContext): Promise<string> {
    const folder = await temporaryFolder('upgrade');
    t.after(() => folder.remove());
    await writeOldFile(folder.path, { applied: upTo('0001-accounts'), isFilled: true });
    return folder.path;
  }

  test('holds what was there, is private, and the oldest beyond three are removed', async (t) => {
    const dataPath = await oldFile(t);
    const backups = join(dataPath, 'backups');
    await mkdir(backups);
    for (const day of [1, 2, 3])
      await writeFile(join(backups, `registry-web-before-0001-x-2020010${day}T000000Z.db`), '');
    await writeFile(join(backups, 'registry-web-before-0004-x.db.part'), '');
    const { upgraded, close } = await openDatabase({ dataPath, exclusive: true });
    await close();
    const copy = upgraded?.copy ?? '';
    assert.match(copy, /backups\/registry-web-before-0002-index-\d{8}T\d{6}Z\.db$/);
    assert.equal((await stat(copy)).mode & 0o777, 0o600);
    const db = new SqliteDatabase(copy, { readonly: true });
    t.after(() => db.close());
    assert.deepEqual(ask(db, 'select username from users'), [{ username: 'wei' }]);
    assert.deepEqual(ask(db, 'select name from kysely_migration'), [{ name: '0001-accounts' }]);
    assert.equal((await readdir(backups)).length, 3);
  });

  test('without it nothing is upgraded', async (t) => {
    const dataPath = await oldFile(t);
    await writeFile(join(dataPath, 'backups'), 'no folder');
    await assert.rejects(
      openDatabase({ dataPath, exclusive: true }),
      /copy of the database before the upgrade could not/,
    );
    const db = new SqliteDatabase(join(dataPath, 'registry-web.db'), { readonly: true });
    t.after(() => db.close());
    assert.deepEqual(ask(db, 'select name from kysely_migration'), [{ name: '0001-accounts' }]);
  });

  test('a first start makes none', async (t) => {
    const folder = await temporaryFolder('upgrade');
    t.after(() => folder.remove());
    const { upgraded, close } = await openDatabase({ dataPath: folder.path, exclusive: true });
    await close();
    assert.equal(upgraded, undefined);
    assert.equal((await readdir(folder.path)).includes('backups'), false);
  });
});
