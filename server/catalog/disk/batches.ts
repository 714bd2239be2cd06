/** Reads the unread repositories of a crawl from disk, in batches. */

import type { Database } from '../../storage/database.ts';
import { repositoriesAfter } from '../base/repository-lookup.ts';
import type { ManifestRecord } from '../manifests/record.ts';
import { knownManifests } from '../manifests/store.ts';
import { type LinkedRepository, type NamedRepository, rowCountOf } from './batch.ts';
import type { DiskReader } from './disk-reader.ts';
import { readAhead } from './read-ahead.ts';
import type { WantedManifest } from './tasks.ts';

export interface BatchDeps {
  readonly db: Database;
  readonly reader: Pick<DiskReader, 'run'>;
  readonly root: string;
  readonly crawlId: number;
  readonly signal: AbortSignal;
}

export interface Batch {
  readonly repositories: readonly LinkedRepository[];
  /** Repositories whose folders could not be read. */
  readonly unreadable: readonly string[];
  /** Manifests that the index does not have. */
  readonly wanted: readonly WantedManifest[];
  /** The records of the first of those. */
  readonly records: readonly (ManifestRecord | undefined)[];
}

const NAMES_AT_ONCE = 200;
const LINKS_AT_ONCE = 50;
/**
 * Number of rows written together. Indexes of the tables are in the order of digests, so each commit changes pages all
 * over them: larger commits rewrite fewer pages. Others write in between.
 */
export const MAX_BATCH_ROWS = 4000;
// Below the maximum number of parameters of a statement.
const DIGESTS_AT_ONCE = 5000;

/** Reads two batches ahead, so that the reading thread does not wait for transactions. */
export function readBatches(deps: BatchDeps): AsyncGenerator<Batch> {
  return readAhead(readAhead(batches(deps)));
}

async function* batches(deps: BatchDeps): AsyncGenerator<Batch> {
  for await (const group of readAhead(groups(deps))) {
    const { repositories } = group;
    const holders = new Map(repositories.flatMap(({ name, links }) => links.revisions.map((digest) => [digest, name])));
    const known = await inParts([...holders.keys()], (part) => knownManifests(deps.db, part));
    const wanted = [...holders].flatMap(([digest, repository]) => (known.has(digest) ? [] : [{ repository, digest }]));
    yield { ...group, wanted, records: await readManifests(deps, wanted) };
  }
}

/** @returns the records of the first ones: at least one, as many as fit into memory. */
export async function readManifests(
  { reader, root }: Pick<BatchDeps, 'reader' | 'root'>,
  wanted: readonly WantedManifest[],
): Promise<readonly (ManifestRecord | undefined)[]> {
  if (wanted.length === 0) return [];
  return (await reader.run({ kind: 'manifests', root, wanted: wanted.slice(0, MAX_BATCH_ROWS) })).records;
}

/** Queries in parts that fit into one statement each. */
export async function inParts<T>(
  digests: readonly string[],
  ask: (part: readonly string[]) => Promise<Iterable<T>>,
): Promise<Set<T>> {
  const found = new Set<T>();
  for (let start = 0; start < digests.length; start += DIGESTS_AT_ONCE) {
    for (const each of await ask(digests.slice(start, start + DIGESTS_AT_ONCE))) found.add(each);
  }
  return found;
}

type Group = Pick<Batch, 'repositories' | 'unreadable'>;

async function* groups(deps: BatchDeps): AsyncGenerator<Group> {
  let repositories: LinkedRepository[] = [];
  let unreadable: string[] = [];
  let weight = 0;
  for await (const part of readAhead(linked(deps))) {
    for (const { links, ...named } of part) {
      if (links === undefined) {
        unreadable.push(named.name);
        continue;
      }
      const repository = { ...named, links };
      if (weight > 0 && weight + rowCountOf(repository) > MAX_BATCH_ROWS) {
        yield { repositories, unreadable };
        [repositories, unreadable, weight] = [[], [], 0];
      }
      repositories.push(repository);
      weight += rowCountOf(repository);
    }
  }
  yield { repositories, unreadable };
}

async function* linked(deps: BatchDeps) {
  for await (const part of unreadNames(deps)) {
    const names = part.map(({ name }) => name);
    const links = await deps.reader.run({ kind: 'links', root: deps.root, names });
    yield part.map((named, index) => ({ ...named, links: links[index] }));
  }
}

async function* unreadNames({ db, crawlId, signal }: BatchDeps): AsyncGenerator<readonly NamedRepository[]> {
  for (let after = 0; !signal.aborted; ) {
    const rows = await repositoriesAfter(db, ['id', 'name'], {
      after,
      limit: NAMES_AT_ONCE,
      unreadIn: crawlId,
      isChecked: false,
    });
    if (rows.length === 0) return;
    for (let start = 0; start < rows.length && !signal.aborted; start += LINKS_AT_ONCE) {
      yield rows.slice(start, start + LINKS_AT_ONCE);
    }
    after = rows.at(-1)?.id ?? after;
  }
}
