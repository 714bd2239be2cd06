/**
 * The first reading of a registry whose storage folder lies on this machine: many times faster than over its API, and with
 * the manifests without a tag, which the API does not list. Whatever is broken or unclear is left unread for the crawl that
 * follows, which asks the registry.
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
  /** How many repositories there are. */
  readonly onListed: (repositories: number) => void;
  /** More were read: so many, with so many tags. */
  readonly onRead: (repositories: number, tags: number) => Promise<void>;
}

// Each commit takes its turn with others.
const NAMES_AT_ONCE = 500;

/**
 * @returns why the folder was not used; undefined: it was, or there is nothing in it yet.
 * @throws {AppError} when the registry does not answer, which it has to for comparing.
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

/** Before anything was pushed there need not be a folder. @param listed in the registry. */
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
