/**
 * Fills the index of a new database with made-up content, as a crawl and some years of events would have, a hundred times
 * faster: a test compares it with what the product works out by itself.
 */
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { folderOf } from '../../server/catalog/base/folders.ts';
import { tagKey } from '../../server/catalog/base/tag-key.ts';
import type { TagRow } from '../../server/catalog/index/tag-writes.ts';
import type { ManifestRecord } from '../../server/catalog/manifests/record.ts';
import { rebuildOldCatalog } from '../../server/catalog/rebuild/rebuild.ts';
import { recountVisibilities } from '../../server/catalog/visibility/recount.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { generateRegistry } from '../support/registry/generated-content.ts';
import { createRandom, type RegistrySize } from '../support/registry/generated-plan.ts';
import { createdAt, type FilledRepository, fillRows } from './fill-rows.ts';

/** @param dataPath Data folder of a server that does not run. @param at The present: everything was pushed before. */
export async function fillCatalog(dataPath: string, size: RegistrySize, at: number): Promise<void> {
  const empty = await openDatabase({ dataPath, exclusive: true });
  // So that it is not all worked out again.
  await rebuildOldCatalog(empty.db);
  await empty.close();
  const connection = new SqliteDatabase(join(dataPath, 'registry-web.db'));
  // Nobody misses it after a power cut.
  connection.pragma('synchronous = OFF');
  connection.pragma('cache_size = -1000000');
  connection.transaction(() => withoutIndexes(connection, () => writeAll(connection, size, at)))();
  connection.exec('analyze');
  connection.close();
  const { db, close } = await openDatabase({ dataPath, exclusive: true });
  await recountVisibilities(db);
  await close();
}

/** Each index is made at once from all rows, which is many times faster than row by row. */
function withoutIndexes(connection: SqliteDatabase.Database, work: () => void): void {
  const found = connection
    .prepare("select type, name, sql from sqlite_master where type in ('index', 'trigger') and sql is not null")
    .all() as { type: string; name: string; sql: string }[];
  for (const { type, name } of found) connection.exec(`drop ${type} ${name}`);
  work();
  for (const { sql } of found) connection.exec(sql);
  for (const table of ['repositories_names', 'tags_names']) {
    connection.exec(`insert into ${table} (${table}) values ('rebuild')`);
  }
}

function writeAll(connection: SqliteDatabase.Database, size: RegistrySize, at: number): void {
  const write = createWriter(connection);
  const random = createRandom(size.seed ?? 1);
  let id = 0;
  for (const repository of generateRegistry(size)) {
    id += 1;
    writeRepository(write, { id, name: repository.name }, fillRows(id, repository, random, at), at);
  }
  const counts = { repositories_total: id, repositories_done: id };
  write.row('crawls', { reason: 'start', started_at: at - 60_000, finished_at: at, ...counts });
}

type Cell = string | number | Buffer | null;
type Row = Readonly<Record<string, Cell>>;

/** Statements are made once per table; ids of blobs and labels are given out here. */
function createWriter(connection: SqliteDatabase.Database) {
  const inserts = new Map<string, SqliteDatabase.Statement>();
  const ids = new Map<string, number>();
  function row(table: string, values: Row): void {
    const insert = inserts.get(table) ?? connection.prepare(insertOf(table, Object.keys(values)));
    inserts.set(table, insert);
    insert.run(...Object.values(values));
  }
  return {
    row,
    idOf(table: 'blobs' | 'labels', values: Row): number {
      const key = `${table} ${Object.values(values).join('\n')}`;
      const known = ids.get(key);
      if (known !== undefined) return known;
      const id = ids.size + 1;
      ids.set(key, id);
      row(table, { id, ...values });
      return id;
    },
  };
}
type Writer = ReturnType<typeof createWriter>;

function insertOf(table: string, columns: readonly string[]): string {
  return `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`;
}

function writeRepository(
  write: Writer,
  { id, name }: { readonly id: number; readonly name: string },
  filled: FilledRepository,
  at: number,
): void {
  write.row('repositories', {
    ...{ id, name, folder: folderOf(name), first_seen_at: at, checked_at: at, changed_at: at },
    ...pushesAndPulls(filled.tags),
    ...sums(filled),
  });
  for (const record of filled.manifests) writeManifest(write, record, createdAt(record, filled.manifests), at);
  for (const row of filled.held) write.row('held_manifests', { ...row });
  for (const row of filled.tags) write.row('tags', { ...row });
  for (const [digest, { size, tagged, untagged }] of filled.blobs) {
    const blob_id = write.idOf('blobs', { digest, size_bytes: size });
    write.row('repository_blobs', { repository_id: id, blob_id, tagged_count: tagged, untagged_count: untagged });
  }
  for (const [facet, image_count] of filled.facets) {
    write.row('repository_facets', { facet, repository_id: id, image_count });
  }
}

function pushesAndPulls(tags: readonly TagRow[]) {
  const last = tags.reduce((latest, tag) => ((tag.pushed_at ?? 0) > (latest.pushed_at ?? 0) ? tag : latest));
  return {
    last_pushed_at: last.pushed_at,
    last_pushed_by: last.pushed_by,
    last_push_confirmed: 1,
    last_pulled_at: Math.max(...tags.map((tag) => tag.last_pulled_at ?? 0)) || null,
    pull_count: tags.reduce((sum, tag) => sum + tag.pull_count, 0),
  };
}

function sums({ tags, held, blobs, facets }: FilledRepository) {
  const own = tags.filter((tag) => tag.subject_digest === null);
  const newest = own.reduce((one, tag) => (isNewer(tag, one) ? tag : one));
  const tagged = held.filter(({ state }) => state === 'tagged');
  const platforms = [...facets.keys()].filter((facet) => facet.startsWith('platform:')).map((facet) => facet.slice(9));
  return {
    tag_count: own.length,
    image_count: tagged.length,
    untagged_count: held.filter(({ state }) => state === 'untagged').length,
    logical_bytes: tagged.reduce((sum, row) => sum + row.size_bytes, 0),
    size_bytes: [...blobs.values()].reduce((sum, blob) => sum + (blob.tagged > 0 ? blob.size : 0), 0),
    newest_tag: newest.name,
    newest_key: tagKey(newest.name),
    newest_at: newest.aged_at,
    platforms: JSON.stringify(platforms.sort()),
    platform_count: platforms.length,
  };
}

function isNewer(one: TagRow, other: TagRow): boolean {
  return one.aged_at > other.aged_at || (one.aged_at === other.aged_at && one.name > other.name);
}

function writeManifest(
  write: Writer,
  record: ManifestRecord & { readonly bytes: number },
  created_at: number | null,
  at: number,
): void {
  const { digest, kind, raw, config } = record;
  write.row('manifests', {
    ...{ digest, media_type: record.mediaType, kind, artifact_type: record.artifactType, raw, config },
    ...{ config_digest: record.configDigest, subject_digest: record.subjectDigest, created_at },
    ...{ total_bytes: record.bytes, platforms: JSON.stringify(record.platforms) },
    ...{ annotations: JSON.stringify(record.annotations), fetched_at: at },
  });
  record.blobs.forEach((blob, position) => {
    write.row('manifest_blobs', { digest, position, ...blob } as Row);
  });
  record.children.forEach((child, position) => {
    write.row('manifest_children', { parent_digest: digest, position, ...child } as Row);
  });
  for (const { key, value } of record.labels) {
    write.row('manifest_labels', { label_id: write.idOf('labels', { key, value }), digest });
  }
}
