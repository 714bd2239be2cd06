/**
 * Fills the index of a new database with made-up content, as a crawl and some years of events would have: the sources
 * (repositories, tags, manifests) in bulk, everything that follows from them by the product's own rebuild.
 */
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { folderOf } from '../../server/catalog/folders.ts';
import { type ManifestRecord, manifestRecord, tryParse } from '../../server/catalog/manifest-record.ts';
import { rebuildCatalog } from '../../server/catalog/rebuild.ts';
import { subjectOfTag } from '../../server/catalog/referrers.ts';
import { showRepositories } from '../../server/catalog/visibility-build.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { type GeneratedManifest, type GeneratedRepository, generateRegistry } from '../support/generated-content.ts';
import { createRandom, type Random, type RegistrySize } from '../support/generated-plan.ts';

const PUSHERS = 60;
const NAMES_AT_ONCE = 2000;
const YEAR_MS = 365 * 86_400_000;

/** @param dataPath Data folder of a server that does not run. @param at The present: everything was pushed before. */
export async function fillCatalog(dataPath: string, size: RegistrySize, at: number): Promise<void> {
  await (await openDatabase({ dataPath, exclusive: true })).close();
  const connection = new SqliteDatabase(join(dataPath, 'registry-web.db'));
  // Nobody misses it after a power cut.
  connection.pragma('synchronous = OFF');
  connection.pragma('cache_size = -400000');
  connection.transaction(() => writeSources(connection, size, at))();
  connection.close();
  await derive(dataPath);
}

function writeSources(connection: SqliteDatabase.Database, size: RegistrySize, at: number): void {
  const write = statements(connection);
  const random = createRandom(size.seed ?? 1);
  let id = 0;
  for (const repository of generateRegistry(size)) {
    id += 1;
    const records = new Map(repository.manifests.map((manifest) => [manifest.digest, recordOf(manifest)]));
    writeRepository(write, id, repository, at);
    for (const record of records.values()) writeManifest(write, record, totalBytes(record, records), at);
    for (const digest of records.keys()) write.held.run(id, digest, at);
    writeTags(write, id, repository, records, random, at);
  }
  connection
    .prepare(
      `insert into crawls (reason, started_at, finished_at, repositories_total, repositories_done) values ('start', ?, ?, ?, ?)`,
    )
    .run(at - 60_000, at, id, id);
}

type Statements = ReturnType<typeof statements>;

function statements(connection: SqliteDatabase.Database) {
  const insert = (table: string, columns: readonly string[]) =>
    connection.prepare(
      `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')}) on conflict do nothing`,
    );
  return {
    repository: insert('repositories', ['id', 'name', 'folder', 'first_seen_at', 'checked_at']),
    manifest: insert('manifests', [
      ...['digest', 'media_type', 'kind', 'artifact_type', 'raw', 'config_digest', 'config', 'subject_digest'],
      ...['created_at', 'total_bytes', 'platforms', 'annotations', 'fetched_at'],
    ]),
    blob: insert('manifest_blobs', [
      ...['digest', 'position', 'blob_digest', 'media_type', 'size_bytes', 'role', 'annotations'],
    ]),
    child: insert('manifest_children', [
      ...['parent_digest', 'position', 'child_digest', 'media_type', 'size_bytes', 'platform', 'annotations'],
    ]),
    held: insert('held_manifests', ['repository_id', 'digest', 'first_seen_at']),
    tag: insert('tags', [
      ...['repository_id', 'name', 'digest', 'first_seen_at', 'checked_at', 'pushed_at', 'pushed_by'],
      ...['push_confirmed', 'last_pulled_at', 'pull_count', 'subject_digest'],
    ]),
    pushes: connection.prepare(
      `update repositories set last_pushed_at = ?, last_pushed_by = ?, last_push_confirmed = 1, last_pulled_at = ?,
        pull_count = ? where id = ?`,
    ),
  };
}

function recordOf(manifest: GeneratedManifest): ManifestRecord {
  return manifestRecord(manifest, tryParse(manifest).parsed, manifest.config?.raw ?? null, null);
}

function writeRepository(write: Statements, id: number, { name }: GeneratedRepository, at: number): void {
  write.repository.run(id, name, folderOf(name), at, at);
}

function writeManifest(write: Statements, record: ManifestRecord, bytes: number, at: number): void {
  const { digest, blobs, children } = record;
  write.manifest.run(
    ...[digest, record.mediaType, record.kind, record.artifactType, record.raw, record.configDigest, record.config],
    ...[record.subjectDigest, record.createdAt, bytes, JSON.stringify(record.platforms)],
    ...[JSON.stringify(record.annotations), at],
  );
  blobs.forEach((blob, position) => {
    write.blob.run(
      ...[digest, position, blob.blob_digest, blob.media_type, blob.size_bytes, blob.role, blob.annotations ?? '{}'],
    );
  });
  children.forEach((child, position) => {
    const { child_digest, media_type, size_bytes, platform, annotations } = child;
    write.child.run(digest, position, child_digest, media_type, size_bytes, platform, annotations ?? '{}');
  });
}

function totalBytes(record: ManifestRecord, all: ReadonlyMap<string, ManifestRecord>): number {
  const parts = [record, ...record.children.map((child) => all.get(child.child_digest))];
  const sizes = new Map(parts.flatMap((part) => part?.blobs ?? []).map((blob) => [blob.blob_digest, blob.size_bytes]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function writeTags(
  write: Statements,
  id: number,
  { tags }: GeneratedRepository,
  records: ReadonlyMap<string, ManifestRecord>,
  random: Random,
  at: number,
): void {
  let [lastPush, lastPusher, lastPull, pulls] = [0, '', 0, 0];
  for (const { name, digest } of tags) {
    const built = records.get(digest)?.createdAt ?? at - YEAR_MS;
    const pushedAt = Math.min(at, built + Math.floor(random() * 3600_000));
    const pusher = `person-${Math.floor(random() ** 2 * PUSHERS)}`;
    const pullCount = random() < 0.4 ? 0 : Math.floor(1 / (random() + 0.001));
    const pulledAt = pullCount === 0 ? null : pushedAt + Math.floor(random() * (at - pushedAt));
    const subject = subjectOfTag(name) ?? null;
    write.tag.run(id, name, digest, pushedAt, at, pushedAt, pusher, 1, pulledAt, pullCount, subject);
    if (pushedAt > lastPush) [lastPush, lastPusher] = [pushedAt, pusher];
    lastPull = Math.max(lastPull, pulledAt ?? 0);
    pulls += pullCount;
  }
  write.pushes.run(lastPush, lastPusher, lastPull || null, pulls, id);
}

async function derive(dataPath: string): Promise<void> {
  const { db, close } = await openDatabase({ dataPath, exclusive: true });
  try {
    const repositories = await db.selectFrom('repositories').select(['id', 'name']).orderBy('id').execute();
    for (let start = 0; start < repositories.length; start += NAMES_AT_ONCE) {
      await db.transaction().execute((trx) => showRepositories(trx, repositories.slice(start, start + NAMES_AT_ONCE)));
    }
    await rebuildCatalog(db);
  } finally {
    await close();
  }
}
