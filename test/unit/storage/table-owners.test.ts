import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { test } from 'node:test';

const SERVER = resolve(import.meta.dirname, '..', '..', '..', 'server');

/** A table of `storage/schema/` gets its line here. */
interface Ownership {
  /** The one file, or folder of several, that writes the table. */
  readonly writtenBy: string;
  /** Folders beside the owner's that may read it; always of the same folder of `server/`. Others call a function. */
  readonly readBy?: readonly string[];
}

const OWNERS: Readonly<Record<string, Ownership>> = {
  settings: { writtenBy: 'storage/settings.ts' },
  access_state: { writtenBy: 'access/change-access.ts' },
  users: { writtenBy: 'access/users.ts' },
  roles: { writtenBy: 'access/roles.ts' },
  rules: { writtenBy: 'access/roles.ts' },
  grants: { writtenBy: 'access/grants.ts' },
  sessions: { writtenBy: 'accounts/sessions.ts' },
  refresh_tokens: { writtenBy: 'accounts/refresh-tokens.ts' },
  known_places: { writtenBy: 'accounts/known-addresses.ts' },
  audit: { writtenBy: 'audit/audit.ts' },
  failed_sign_ins: { writtenBy: 'audit/failed-sign-ins.ts' },
  token_refusals: { writtenBy: 'token/refusals.ts' },
  repositories: {
    writtenBy: 'catalog/base/repository-writes.ts',
    readBy: [
      'catalog/findings',
      'catalog/images',
      'catalog/index',
      'catalog/lists',
      'catalog/names',
      'catalog/search',
      'catalog/space',
      'catalog/visibility',
    ],
  },
  tags: {
    writtenBy: 'catalog/index/tag-writes.ts',
    readBy: [
      'catalog/base',
      'catalog/lists',
      'catalog/manifests',
      'catalog/names',
      'catalog/rebuild',
      'catalog/search',
      'catalog/visibility',
    ],
  },
  manifests: {
    writtenBy: 'catalog/manifests/store.ts',
    readBy: ['catalog/images', 'catalog/index', 'catalog/lists', 'catalog/rebuild'],
  },
  held_manifests: {
    writtenBy: 'catalog/index/held-writes.ts',
    readBy: [
      'catalog/base',
      'catalog/findings',
      'catalog/images',
      'catalog/lists',
      'catalog/manifests',
      'catalog/rebuild',
      'catalog/search',
      'catalog/visibility',
    ],
  },
  manifest_children: {
    writtenBy: 'catalog/manifests/store.ts',
    readBy: ['catalog/images', 'catalog/index', 'catalog/lists', 'catalog/search'],
  },
  manifest_blobs: { writtenBy: 'catalog/manifests/store.ts', readBy: ['catalog/images', 'catalog/rebuild'] },
  labels: { writtenBy: 'catalog/manifests/labels.ts', readBy: ['catalog/search'] },
  manifest_labels: { writtenBy: 'catalog/manifests/labels.ts', readBy: ['catalog/search'] },
  documents: { writtenBy: 'catalog/manifests/documents.ts' },
  document_sources: { writtenBy: 'catalog/manifests/documents.ts' },
  crawls: { writtenBy: 'catalog/sync/crawl-journal.ts' },
  descriptions: { writtenBy: 'catalog/lists/descriptions.ts' },
  stars: { writtenBy: 'catalog/lists/stars.ts' },
  tag_history: { writtenBy: 'catalog/index/tag-history.ts', readBy: ['catalog/base'] },
  manifest_retries: { writtenBy: 'catalog/manifests/retries.ts' },
  job_runs: { writtenBy: 'jobs/job-runs.ts' },
  envelopes: { writtenBy: 'notifications/envelope-writes.ts' },
  events: { writtenBy: 'notifications/event-writes.ts' },
  activity_days: { writtenBy: 'catalog/activity/writes.ts', readBy: ['catalog/findings'] },
  repository_days: { writtenBy: 'catalog/activity/writes.ts' },
  push_days: { writtenBy: 'catalog/activity/writes.ts' },
  trash: { writtenBy: 'housekeeping/trash.ts' },
  deletions: { writtenBy: 'housekeeping/journal.ts' },
  patterns: { writtenBy: 'catalog/visibility/build.ts' },
  visibilities: { writtenBy: 'catalog/visibility', readBy: ['catalog/lists'] },
  visibility_patterns: { writtenBy: 'catalog/visibility/build.ts' },
  visible_repositories: {
    writtenBy: 'catalog/visibility',
    readBy: [
      'catalog/images',
      'catalog/lists',
      'catalog/manifests',
      'catalog/names',
      'catalog/search',
      'catalog/space',
    ],
  },
  folders: { writtenBy: 'catalog/visibility', readBy: ['catalog/lists', 'catalog/space'] },
  repository_facets: { writtenBy: 'catalog/index/rollups.ts', readBy: ['catalog/lists'] },
  blobs: { writtenBy: 'catalog/manifests/blob-counts.ts', readBy: ['catalog/images', 'catalog/space'] },
  repository_blobs: { writtenBy: 'catalog/manifests/blob-counts.ts', readBy: ['catalog/images', 'catalog/space'] },
  folder_samples: { writtenBy: 'catalog/space/samples.ts', readBy: ['catalog/findings'] },
  repository_samples: { writtenBy: 'catalog/space/samples.ts', readBy: ['catalog/findings'] },
};

const schema = readFolder('storage/schema');
const tables = schema.flatMap(({ text }) => tablesOf(text));
/** What stands below the tables changes files as a whole: migrations, repair. Of `storage/` its own table counts alone. */
const sources = readFolder('').filter(
  ({ file }) => !file.startsWith('storage/') || file === OWNERS.settings?.writtenBy,
);

function readFolder(folder: string): readonly { readonly file: string; readonly text: string }[] {
  return readdirSync(join(SERVER, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((name) => join(folder, name))
    .map((file) => ({
      file: file.replaceAll(sep, '/'),
      text: withoutComments(readFileSync(join(SERVER, file), 'utf8')),
    }));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** The tables of `interface …Schema { users: UsersTable; … }`. */
function tablesOf(text: string): readonly string[] {
  const parts = [...text.matchAll(/export interface \w+Schema \{([^}]*)\}/g)].map(([, body = '']) => body);
  return parts.flatMap((body) => [...body.matchAll(/^\s*(\w+):/gm)].map(([, name = '']) => name));
}

const NAME = `["']?(\\w+)`;
const QUERIES = {
  writes: [
    new RegExp(`\\b(?:insertInto|updateTable|deleteFrom|replaceInto|mergeInto)\\(\\s*${NAME}`, 'g'),
    new RegExp(`\\binto:\\s*${NAME}`, 'g'),
    new RegExp(`\\b(?:insert into|update|delete from)\\s+${NAME}`, 'g'),
  ],
  reads: [
    new RegExp(`\\b(?:selectFrom|\\w*[jJ]oin|using)\\(\\s*${NAME}`, 'g'),
    new RegExp(`(?<!\\bdelete\\s+)\\b(?:from|join)\\s+${NAME}`, 'g'),
    // A table alone, as a part of a query.
    /\bsql(?:<[^>`]*>)?`(\w+)(?: as \w+)?`/g,
  ],
} as const;

/** The tables that a source reads or writes, whether by the query builder or in SQL. */
function tablesIn(text: string, kind: keyof typeof QUERIES): ReadonlySet<string> {
  const names = QUERIES[kind].flatMap((query) => [...text.matchAll(query)].map(([, name = '']) => name));
  return new Set(names.filter((name) => tables.includes(name)));
}

function isIn(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

function folderOf(owner: string): string {
  return owner.endsWith('.ts') ? dirname(owner) : owner;
}

test('every table has an owner', () => {
  assert.ok(tables.length > 40);
  assert.deepEqual(Object.keys(OWNERS).sort(), [...tables].sort());
});

test('a table is written by its owner alone', () => {
  const writers = sources.flatMap(({ file, text }) => [...tablesIn(text, 'writes')].map((table) => ({ file, table })));
  const strangers = writers.filter(({ file, table }) => !isIn(file, OWNERS[table]?.writtenBy ?? ''));
  assert.deepEqual(strangers, []);
  const written = new Set(writers.map(({ table }) => table));
  assert.deepEqual(
    tables.filter((table) => !written.has(table)),
    [],
  );
});

test('a table is read beside its owner, and by folders that are listed', () => {
  const strangers = sources.flatMap(({ file, text }) =>
    [...tablesIn(text, 'reads')]
      .filter((table) => !placesOf(table).some((place) => isIn(file, place)))
      .map((table) => `${file} reads ${table}`),
  );
  assert.deepEqual(strangers, []);
});

function placesOf(table: string): readonly string[] {
  const { writtenBy = '', readBy = [] } = OWNERS[table] ?? {};
  return [folderOf(writtenBy), ...readBy];
}

test('no folder of the server reads the tables of another, and none is listed in vain', () => {
  for (const [table, { writtenBy, readBy = [] }] of Object.entries(OWNERS)) {
    const [top = ''] = writtenBy.split('/');
    assert.ok(
      readBy.every((place) => isIn(place, top)),
      table,
    );
    const idle = readBy.filter(
      (place) => !sources.some(({ file, text }) => isIn(file, place) && tablesIn(text, 'reads').has(table)),
    );
    assert.deepEqual(idle, [], table);
  }
});

test('a query names its table', () => {
  const unnamed = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/\b(?:insertInto|updateTable|deleteFrom|selectFrom)\(\s*([^\s'(][^)]*)/g)].map(
      ([, variable]) => `${file}: ${variable}`,
    ),
  );
  assert.deepEqual(unnamed, []);
});

const queries = [
  ["db.selectFrom('users').select('id')", ['users'], []],
  ["db.selectFrom('users as person')", ['users'], []],
  ["({ selectFrom }) => exists(selectFrom('tags'))", ['tags'], []],
  [".leftJoin('roles', (join) => join)", ['roles'], []],
  ['sql`select 1 from tags join repositories as home on true`', ['repositories', 'tags'], []],
  ["const from = sql`repositories`; import x from './tags.ts'", ['repositories'], []],
  ["db.updateTable('users').set(change)", [], ['users']],
  ["createInsertion({ into: 'tags', columns })", [], ['tags']],
  ['sql`insert into tags (name) select name from users`', ['users'], ['tags']],
  ['sql`update tags set name = fresh.name from fresh`', [], ['tags']],
  ['sql`delete from tags where id = 1`', [], ['tags']],
] as const;
for (const [text, reads, writes] of queries) {
  test(`finds the tables of ${text}`, () => {
    assert.deepEqual([...tablesIn(text, 'reads')].sort(), reads);
    assert.deepEqual([...tablesIn(text, 'writes')].sort(), writes);
  });
}
