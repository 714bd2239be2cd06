/** What a filled index has, read beside the server that owns it: names to ask for, and answers that its registry would give. */
import SqliteDatabase from 'better-sqlite3';

export interface Document {
  readonly digest: string;
  readonly mediaType: string;
  readonly raw: Buffer;
}

export interface IndexReader {
  repositories(after: string, limit: number): readonly string[];
  tags(repository: string, after: string, limit: number): readonly string[];
  /** @param reference tag or digest. */
  manifest(repository: string, reference: string): Document | undefined;
  config(digest: string): Document | undefined;
  newestImage(repository: string): Document | undefined;
  /** Some tags all over the index, always the same. */
  someTags(count: number): readonly { readonly repository: string; readonly tag: string; readonly digest: string }[];
  /** Most used first. */
  labels(): readonly { readonly key: string; readonly value: string; readonly images: number }[];
  /** Envelopes that were not read yet, and events that the index was not told of. */
  waitingEvents(): number;
  /** So many have their tags. */
  readRepositories(): number;
  close(): void;
}

const HELD = `from manifests join held_manifests using (digest)
  join repositories on repositories.id = held_manifests.repository_id where repositories.name = ?`;
const OF_TAG = 'from tags join repositories on repositories.id = tags.repository_id';
const DOCUMENT = 'select manifests.digest as digest, media_type as mediaType, raw';

export function openIndexReader(file: string): IndexReader {
  const connection = new SqliteDatabase(file, { readonly: true });
  const names = connection.prepare('select name from repositories where name > ? order by name limit ?').pluck();
  const tags = connection
    .prepare(`select tags.name ${OF_TAG} where repositories.name = ? and tags.name > ? order by tags.name limit ?`)
    .pluck();
  const digestOf = connection.prepare(`select digest ${OF_TAG} where repositories.name = ? and tags.name = ?`).pluck();
  const held = connection.prepare(`${DOCUMENT} ${HELD} and manifests.digest = ?`);
  const config = connection.prepare(
    "select config_digest as digest, 'application/octet-stream' as mediaType, config as raw from manifests where config_digest = ? and config is not null limit 1",
  );
  const newest = connection.prepare(
    `${DOCUMENT} ${HELD} and manifests.kind = 'image' and held_manifests.state = 'tagged' order by manifests.created_at desc limit 1`,
  );
  const some = connection.prepare(
    `select repositories.name as repository, tags.name as tag, digest ${OF_TAG} where subject_digest is null and tags.id % ? = 0 limit ?`,
  );
  const labels = connection.prepare(
    `select key, value, count(*) as images from labels join manifest_labels on label_id = labels.id
      group by labels.id order by images desc limit 1000`,
  );
  const waiting = connection
    .prepare(
      "select (select count(*) from envelopes where state = 'new') + (select count(*) from events where applied = 0)",
    )
    .pluck();
  const read = connection.prepare('select count(*) from repositories where tag_count > 0').pluck();
  const last = connection.prepare('select max(id) from tags').pluck();
  return {
    repositories: (after, limit) => names.all(after, limit) as string[],
    tags: (repository, after, limit) => tags.all(repository, after, limit) as string[],
    manifest(repository, reference) {
      const digest = reference.includes(':') ? reference : digestOf.get(repository, reference);
      return held.get(repository, digest) as Document | undefined;
    },
    config: (digest) => config.get(digest) as Document | undefined,
    newestImage: (repository) => newest.get(repository) as Document | undefined,
    someTags(count) {
      const every = Math.max(1, Math.floor(Number(last.get()) / count));
      return some.all(every, count) as ReturnType<IndexReader['someTags']>;
    },
    labels: () => labels.all() as ReturnType<IndexReader['labels']>,
    waitingEvents: () => Number(waiting.get()),
    readRepositories: () => Number(read.get()),
    close: () => void connection.close(),
  };
}
