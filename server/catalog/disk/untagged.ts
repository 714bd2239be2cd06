/**
 * Finds untagged manifests, which no list of the API includes: on disk, each confirmed by the registry. Untagged
 * manifests that were deleted without an event are removed in the same way.
 */

import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { isAuthFailure, isOverload } from '../../registry/client/failure.ts';
import type { Database } from '../../storage/database.ts';
import { repositoriesAfter } from '../base/repository-lookup.ts';
import { heldStates } from '../manifests/held-lookup.ts';
import type { NamedRepository } from './batch.ts';
import { createDiskReader, type DiskReader } from './disk-reader.ts';
import { findDifference, type SampleDeps } from './sample.ts';

export interface UntaggedDeps {
  readonly db: Database;
  readonly client: SampleDeps['client'];
  /** Root directory of the registry's file system driver. */
  readonly folder: string;
  /** Adds the manifest to the index if the registry confirms it. */
  readonly fetchManifest: (repository: string, digest: string) => Promise<unknown>;
  /** Removes the manifest from the index if the registry confirms that it is missing. */
  readonly dropManifestIfGone: (repository: string, digest: string) => Promise<void>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const REPOSITORIES_AT_ONCE = 50;

/** @throws {AppError} when the registry is unreachable or refuses our credentials: the next run starts again. */
export async function readUntagged(deps: UntaggedDeps): Promise<void> {
  const reader = createDiskReader();
  try {
    const storage = await reader.run({ kind: 'open', folder: deps.folder });
    if (storage.state !== 'open') return;
    const difference = await findDifference({ ...deps, reader, root: storage.root });
    if (difference !== undefined) {
      deps.log.warn({ folder: deps.folder, repository: difference }, 'the storage folder is not that of this registry');
      return;
    }
    for await (const part of repositories(deps)) await compareAll(deps, reader, storage.root, part);
  } finally {
    await reader.close();
  }
}

async function* repositories({ db, signal }: UntaggedDeps): AsyncGenerator<readonly NamedRepository[]> {
  for (let after = 0; !signal.aborted; ) {
    const rows = await repositoriesAfter(db, ['id', 'name'], { after, limit: REPOSITORIES_AT_ONCE, isChecked: true });
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)?.id ?? after;
  }
}

async function compareAll(
  deps: UntaggedDeps,
  reader: DiskReader,
  root: string,
  part: readonly NamedRepository[],
): Promise<void> {
  // In this order: a manifest that is pushed in between is in the index and only checked once more.
  const links = await reader.run({ kind: 'links', root, names: part.map(({ name }) => name) });
  const held = await heldStates(
    deps.db,
    part.map(({ id }) => id),
  );
  for (const [index, { id, name }] of part.entries()) {
    const onDisk = links[index];
    if (onDisk === undefined || deps.signal.aborted) continue;
    const known = held.get(id) ?? [];
    const present = new Set(onDisk.revisions);
    const gone = known.filter(({ state, digest }) => state === 'untagged' && !present.has(digest));
    const digests = new Set(known.map(({ digest }) => digest));
    const found = onDisk.revisions.filter((digest) => !digests.has(digest));
    for (const digest of found) await attempt(deps, name, () => deps.fetchManifest(name, digest));
    for (const { digest } of gone) await attempt(deps, name, () => deps.dropManifestIfGone(name, digest));
  }
}

/** An unreadable manifest does not prevent checking the others. */
async function attempt({ log, signal }: UntaggedDeps, repository: string, work: () => Promise<unknown>): Promise<void> {
  if (signal.aborted) return;
  try {
    await work();
  } catch (error) {
    if (isOverload(error) || isAuthFailure(error)) throw error;
    log.debug({ repository, error: errorText(error) }, 'untagged manifest not read');
  }
}
