import type { Database } from '../../storage/database.ts';
import type { Transact } from '../../storage/group-commit.ts';
import { lockRepository } from '../base/repository-writes.ts';
import { hasTags } from '../base/tag-lookup.ts';
import { type FirstContent, storeFirstContent } from '../index/first-content.ts';
import { changeRepository } from '../index/repository-change.ts';
import { recordCheck } from '../index/repository-notes.ts';
import { storedChildren } from '../manifests/manifest-lookup.ts';
import type { ManifestRecord } from '../manifests/record.ts';
import { knownManifests, saveManifests, sumUpIndex } from '../manifests/store.ts';
import { completeManifests } from '../manifests/stored-manifests.ts';
import { childrenFirst, type NamedRepository, rowCountOf, wholeContent } from './batch.ts';
import { type Batch, type BatchDeps, inParts, MAX_BATCH_ROWS, readManifests } from './batches.ts';

export interface WriteDeps extends BatchDeps {
  readonly transact: Transact;
  readonly now: () => number;
}

/** A completely read repository. */
export interface WrittenRepository {
  readonly name: string;
  readonly tagCount: number;
}

/** Smaller parts for repositories that are changed step by step. */
const ROWS_AT_ONCE = 500;

/** @returns the repositories that were written; the others are left for the crawl. */
export async function writeBatch(deps: WriteDeps, batch: Batch): Promise<readonly WrittenRepository[]> {
  await saveAll(deps, batch);
  const digests = [...new Set(batch.repositories.flatMap(({ links }) => links.revisions))];
  const readable = await inParts(digests, (part) => completeManifests(deps.db, part));
  const children = new Map(await inParts(digests, (part) => storedChildren(deps.db, part)));
  const whole = batch.repositories.flatMap((repository) => {
    const content = wholeContent(repository, readable, children);
    return content === undefined ? [] : [{ ...repository, content }];
  });
  const small = whole.filter((repository) => rowCountOf(repository) <= MAX_BATCH_ROWS);
  const written = new Set(await storeSmall(deps, small));
  for (const repository of whole) {
    if (!written.has(repository) && (await storeInParts(deps, repository))) written.add(repository);
  }
  return [...written].map(({ name, links }) => ({ name, tagCount: links.tags.length }));
}

interface WholeRepository extends NamedRepository {
  readonly content: FirstContent;
}

/**
 * Stores each part when it is read, so that a repository of thousands of large manifests is never in memory as a whole.
 */
async function saveAll(deps: WriteDeps, { wanted, records: first }: Batch): Promise<void> {
  const indexes = new Map<string, ManifestRecord['createdAt']>();
  let isInParts = false;
  for (let left = wanted, records = first; left.length > 0; records = await readManifests(deps, left)) {
    const read = records.filter((record) => record !== undefined);
    for (const { digest, kind, createdAt } of read) if (kind === 'index') indexes.set(digest, createdAt);
    await deps.transact((trx) => saveUnknown(trx, read, deps.now()));
    left = left.slice(records.length);
    isInParts ||= left.length > 0;
    if (deps.signal.aborted) return;
  }
  if (isInParts) await sumUpAgain(deps, indexes);
}

/** Updates totals of indexes, whose children may have been stored after them; nested indexes in a second round. */
async function sumUpAgain({ transact }: WriteDeps, indexes: ReadonlyMap<string, number | null>): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    for (const [digest, createdAt] of indexes) await transact((trx) => sumUpIndex(trx, { digest, createdAt }));
  }
}

/**
 * Stores only unknown manifests: an event may have added some meanwhile, and stored ones may be counted by other
 * repositories.
 */
async function saveUnknown(trx: Database, records: readonly ManifestRecord[], at: number): Promise<void> {
  const digests = records.map(({ digest }) => digest);
  const known = new Set(digests.length === 0 ? [] : await knownManifests(trx, digests));
  const unknown = childrenFirst(records.filter(({ digest }) => !known.has(digest)));
  await saveManifests(trx, unknown, at);
}

async function storeSmall<Repository extends WholeRepository>(
  { transact, now, crawlId }: WriteDeps,
  repositories: readonly Repository[],
): Promise<readonly Repository[]> {
  if (repositories.length === 0) return [];
  const contents = repositories.map(({ content }) => content);
  const written = await transact((trx) => storeFirstContent(trx, contents, now(), crawlId));
  return repositories.filter(({ id }) => written.has(id));
}

/**
 * For repositories that are too large for one transaction, or have a history.
 * @returns false when something newer is known of it already.
 */
async function storeInParts(
  { transact, now, crawlId, signal }: WriteDeps,
  repository: WholeRepository,
): Promise<boolean> {
  const { id, tags, digests } = repository.content;
  const proven = digests;
  if (!(await transact((trx) => isUntouched(trx, repository)))) return false;
  for (let start = 0; start < tags.length && !signal.aborted; start += ROWS_AT_ONCE) {
    const seen = tags.slice(start, start + ROWS_AT_ONCE);
    await transact((trx) => changeRepository(trx, id, { seen, proven }, now()));
  }
  for (let start = 0; start < digests.length && !signal.aborted; start += ROWS_AT_ONCE) {
    const linked = digests.slice(start, start + ROWS_AT_ONCE);
    await transact((trx) => changeRepository(trx, id, { linked, proven }, now()));
  }
  if (signal.aborted) return false;
  const columns = { checked_at: now(), error: null, crawl_id: crawlId };
  await transact((trx) => recordCheck(trx, repository.name, columns));
  return true;
}

async function isUntouched(trx: Database, { id, name }: NamedRepository): Promise<boolean> {
  await lockRepository(trx, name);
  return !(await hasTags(trx, id));
}
