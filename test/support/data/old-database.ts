/** Databases as earlier versions left them: some of the migrations, with rows, or with a part of the next one. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { MIGRATIONS } from '../../../server/storage/migrations/index.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface OldDatabase {
  /** Migrations that ran to their end. */
  readonly applied: readonly string[];
  /** With people, a repository with one tag, the event of its push, and a description. */
  readonly isFilled: boolean;
  /** What was committed of the migration after them. */
  readonly begun?: readonly Statement[];
}

/** Rows of the time after each migration. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  '0001-accounts': [
    "insert into users (id, username, password_hash, created_at) values (1, 'wei', 'hash', 1)",
    "insert into roles (id, name, created_at) values (1, 'team', 1)",
    "insert into rules (role_id, position, repository, address) values (1, 0, 'team/**', '*')",
    "insert into grants values ('user', 1, 1, 1, 'admin')",
    "insert into sessions values ('hash', 1, 1, '{}', 1, 1, '', '')",
    "insert into audit (at, actor, address, action, object, outcome, detail) values (1, 'wei', '', 'x', '', 'ok', '')",
    "insert into settings values ('session_secret', 'secret')",
  ],
  '0002-index': [
    `insert into repositories (id, name, first_seen_at, last_pushed_at, last_pushed_by, pull_count)
      values (1, 'team/app', 1, 1700000000000, 'wei', 7)`,
    `insert into tags (repository_id, name, digest, first_seen_at, checked_at, pushed_at, pushed_by)
      values (1, 'v1', 'sha256:1', 1, 1, 1700000000000, 'wei')`,
    `insert into manifests (digest, media_type, kind, total_bytes, fetched_at, raw)
      values ('sha256:1', 'application/json', 'image', 10, 1, x'7b7d')`,
    "insert into repository_manifests values (1, 'sha256:1', 1)",
    "insert into patterns (id, pattern) values (1, 'team/**')",
    'insert into pattern_repositories values (1, 1)',
    `insert into events (event_id, envelope_id, received_at, at, action, repository, tag, digest, media_type, actor,
      actor_confirmed, address, user_agent, method, instance_id, of_manifest, applied)
      values ('e1', 1, 1700000000000, 1700000000000, 'push', 'team/app', 'v1', 'sha256:1', '', 'wei', 1, '', '', 'PUT', '', 1, 1)`,
  ],
  '0004-repository-pages': [
    "insert into descriptions values ('team/app', 'About', 1, 'wei', 1)",
    "insert into stars values (1, 'team/app', 1)",
  ],
};

export function upTo(last: string): readonly string[] {
  const names = Object.keys(MIGRATIONS);
  return names.slice(0, names.indexOf(last) + 1);
}

/** What a migration writes to a database that has the ones before it, in order. */
export async function statementsOf(name: string, { applied, isFilled }: OldDatabase): Promise<readonly Statement[]> {
  const connection = new SqliteDatabase(':memory:');
  for (const earlier of applied) await run(connection, earlier, isFilled);
  const statements: Statement[] = [];
  await MIGRATIONS[name]?.up(kyselyOf(connection, (statement) => statements.push(statement)));
  connection.close();
  return statements;
}

/** As the version of that time wrote it: each statement for itself. */
export async function writeOldDatabase(
  connection: SqliteDatabase.Database,
  { applied, isFilled, begun = [] }: OldDatabase,
): Promise<void> {
  connection.pragma('foreign_keys = on');
  connection.exec(`create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null);
    create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer default 0 not null);
    insert into kysely_migration_lock values ('migration_lock', 0)`);
  for (const name of applied) {
    await run(connection, name, isFilled);
    connection.prepare("insert into kysely_migration values (?, '2026-01-01')").run(name);
  }
  for (const { text, values } of begun) connection.prepare(text).run(...values);
}

/** In the place where the server looks for it. */
export async function writeOldFile(dataPath: string, old: OldDatabase): Promise<void> {
  mkdirSync(dataPath, { recursive: true });
  const connection = new SqliteDatabase(join(dataPath, 'registry-web.db'));
  // Only what the server does has to be safe.
  connection.pragma('synchronous = off');
  await writeOldDatabase(connection, old);
  connection.close();
}

async function run(connection: SqliteDatabase.Database, name: string, isFilled: boolean): Promise<void> {
  await MIGRATIONS[name]?.up(kyselyOf(connection, () => undefined));
  if (isFilled) for (const text of ROWS[name] ?? []) connection.exec(text);
}

function kyselyOf(connection: SqliteDatabase.Database, onWrite: (statement: Statement) => void): Kysely<unknown> {
  const database = {
    close: () => undefined,
    prepare: (text: string) => {
      const statement = connection.prepare(text);
      return {
        reader: statement.reader,
        all: (values: readonly unknown[]) => statement.all(values),
        run: (values: readonly unknown[]) => {
          onWrite({ text, values });
          return statement.run(values);
        },
        iterate: (values: readonly unknown[]) => statement.iterate(values),
      };
    },
  };
  return new Kysely({ dialect: new SqliteDialect({ database }) });
}
