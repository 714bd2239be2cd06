import { storedRaw } from '../catalog/manifests/stored-manifests.ts';
import type { Database } from '../storage/database.ts';
import type { Trash, TrashItem } from './trash.ts';

export interface ExternalDeletionsDeps {
  readonly db: Database;
  readonly trash: Pick<Trash, 'add' | 'find' | 'setTags'>;
  /** Throw-away manifests of our own deletions are not recorded. */
  readonly isOwnDigest: (digest: string) => boolean;
  readonly now: () => number;
}

export interface RemovedTag {
  readonly name: string;
  readonly digest: string;
}

/** The actor of deletions that were not made here. */
export const THE_REGISTRY = '';
/** Tags of one image that are deleted within this time become one trash entry. */
const MAX_GAP_MS = 10 * 60_000;

/** Records deletions that were made at the registry by others in the trash, as far as the index has the manifest. */
export function createExternalDeletions({ db, trash, isOwnDigest, now }: ExternalDeletionsDeps) {
  let last: Promise<void> = Promise.resolve();

  async function keepOne(repository: string, digest: string, names: readonly string[]): Promise<void> {
    const kept = await trash.find(repository, digest);
    if (kept !== undefined && kept.restoredAt === undefined) {
      // Our own deletion has recorded it already.
      if (names.every((name) => kept.tags.includes(name))) return;
      if (isRecent(kept)) return trash.setTags(kept.id, [...new Set([...kept.tags, ...names])]);
    }
    const manifest = await storedRaw(db, digest);
    if (manifest === undefined) return;
    await trash.add({ repository, digest, ...manifest, tags: names, deletedBy: THE_REGISTRY });
  }

  function isRecent({ deletedBy, deletedAt }: TrashItem): boolean {
    return deletedBy === THE_REGISTRY && Math.abs(now() - deletedAt) <= MAX_GAP_MS;
  }

  async function keepAll(repository: string, tags: readonly RemovedTag[]): Promise<void> {
    const digests = new Set(tags.map((tag) => tag.digest).filter((digest) => !isOwnDigest(digest)));
    for (const digest of digests) {
      const names = tags.filter((tag) => tag.digest === digest).map((tag) => tag.name);
      await keepOne(repository, digest, names);
    }
  }

  return {
    /** @param tags Tags that the registry no longer has. */
    keep(repository: string, tags: readonly RemovedTag[]): Promise<void> {
      // Sequential, so that tags of one image find the entry of the first.
      const work = last.then(() => keepAll(repository, tags));
      last = work.catch(() => undefined);
      return work;
    },
  };
}
export type ExternalDeletions = ReturnType<typeof createExternalDeletions>;
