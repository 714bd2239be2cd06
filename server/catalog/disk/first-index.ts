/**
 * Builds the first index from the registry's storage folder: many times faster than over its API, and including
 * untagged manifests, which the API does not list. Damaged or unclear content is left to the following crawl, which
 * asks the registry.
 */
import { AppError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { RegistryClient } from '../../registry/client/client.ts';
import type { NamePage } from '../../registry/disk/repositories.ts';
import type { OpenedStorage } from '../../registry/disk/storage.ts';
import { inBulk } from '../../storage/bulk.ts';
import type { Database } from '../../storage/database.ts';
import type { Transact } from '../../storage/group-commit.ts';
import { ensureRepositories } from '../index/new-repositories.ts';
import { readBatches } from './batches.ts';
import { createDiskReader, type DiskReader } from './disk-reader.ts';
import { findDifference, findListed } from './sample.ts';
import { writeBatch } from './write-batch.ts';

export interface FirstIndexDeps {
  readonly db: Database;
  readonly client: Pick<RegistryClient, 'catalogPages' | 'tags' | 'headManifest'>;
  /** Root directory of the registry's file system driver. */
  readonly folder: string;
  readonly transact: Transact;
  readonly now: () => number;
  readonly log: Logger;
  readonly onChanged: (repository: string) => void;
}

export interface FirstIndexRun {
  readonly crawlId: number;
  readonly signal: AbortSignal;
  /** Called with the number of repositories. */
  readonly onListed: (repositories: number) => void;
  /** Called with the number of repositories and tags of each batch. */
  readonly onRead: (repositories: number, tags: number) => Promise<void>;
}

// A commit for each part, so that others can write in between.
const NAMES_AT_ONCE = 500;

/**
 * @returns why the folder was not used; undefined when it was, or is empty.
 * @throws {AppError} when the registry, which it is compared with, does not answer.
 */
export async function indexFromDisk(deps: FirstIndexDeps, run: FirstIndexRun): Promise<AppError | undefined> {
  const reader = createDiskReader();
  try {
    const storage = await reader.run({ kind: 'open', folder: deps.folder });
    if (storage.state !== 'open') return missing(deps.folder, storage, await findListed(deps));
    const { root } = storage;
    const difference = await findDifference({ ...deps, reader, root });
    if (difference !== undefined) return differs(deps.folder, difference);
    run.onListed(await listNames(deps, reader, root, run.signal));
    await inBulk(deps.db, () => readAll(deps, reader, root, run));
    return undefined;
  } finally {
    await reader.close();
  }
}

async function listNames(
  { db, now, log }: FirstIndexDeps,
  reader: DiskReader,
  root: string,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for (let after: string | undefined = ''; after !== undefined && !signal.aborted; ) {
    const page: NamePage = await reader.run({ kind: 'list', root, after });
    const { names, skipped } = page;
    if (skipped.length > 0)
      log.warn({ skipped }, 'folders of the storage skipped: their names are no repository names');
    for (let start = 0; start < names.length; start += NAMES_AT_ONCE) {
      const part = names.slice(start, start + NAMES_AT_ONCE);
      await db.transaction().execute((trx) => ensureRepositories(trx, part, now()));
    }
    count += names.length;
    after = page.next;
  }
  return count;
}

async function readAll(deps: FirstIndexDeps, reader: DiskReader, root: string, run: FirstIndexRun): Promise<void> {
  const batchDeps = { ...deps, reader, root, crawlId: run.crawlId, signal: run.signal };
  for await (const batch of readBatches(batchDeps)) {
    if (run.signal.aborted) return;
    for (const { name, links } of batch.repositories) {
      if (links.problems.length > 0)
        deps.log.warn({ repository: name, problems: links.problems }, 'storage is damaged');
    }
    const written = await writeBatch(batchDeps, batch);
    for (const { name } of written) deps.onChanged(name);
    await run.onRead(
      written.length,
      written.reduce((sum, { tagCount }) => sum + tagCount, 0),
    );
  }
}

/** The folder does not exist before the first push. @param listed A repository in the registry. */
function missing(
  folder: string,
  storage: Exclude<OpenedStorage, { readonly state: 'open' }>,
  listed: string | undefined,
): AppError | undefined {
  if (listed === undefined) return undefined;
  return storage.state === 'empty' ? differs(folder, listed) : unreadable(folder, storage.reason);
}

function unreadable(folder: string, reason: string): AppError {
  return new AppError('UNAVAILABLE', `The storage folder ${folder} cannot be read: ${reason}`, {
    key: 'storageUnreadable',
    params: { folder, reason },
  });
}

function differs(folder: string, repository: string): AppError {
  return new AppError('CONFLICT', `The storage folder ${folder} and the registry differ in ${repository}`, {
    key: 'storageDiffers',
    params: { folder, repository },
  });
}
