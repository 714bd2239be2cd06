import { storedRaw } from '../catalog/manifests/stored-manifests.ts';
import type { Database } from '../storage/database.ts';
import type { Trash, TrashItem } from './trash.ts';

export interface GoneDeps {
  readonly db: Database;
  readonly trash: Pick<Trash, 'add' | 'find' | 'setTags'>;
  /** Throw-away manifests of ours are nobody's loss. */
  readonly isOwnDigest: (digest: string) => boolean;
  readonly now: () => number;
}

export interface GoneTag {
  readonly name: string;
  readonly digest: string;
}

/** Nobody of ours: it was gone when we looked. */
export const THE_REGISTRY = '';
/** Tags of one image that go one after the other come back together. */
const TOGETHER_MS = 10 * 60_000;

/** What leaves the registry without us is kept as well, as far as the index has its bytes. */
export function createGone({ db, trash, isOwnDigest, now }: GoneDeps) {
  let last: Promise<void> = Promise.resolve();

  async function keepOne(repository: string, digest: string, names: readonly string[]): Promise<void> {
    const kept = await trash.find(repository, digest);
    if (kept !== undefined && kept.restoredAt === undefined) {
      // A deletion of ours has put it there already.
      if (names.every((name) => kept.tags.includes(name))) return;
      if (isRecent(kept)) return trash.setTags(kept.id, [...new Set([...kept.tags, ...names])]);
    }
    const manifest = await storedRaw(db, digest);
    if (manifest === undefined) return;
    await trash.add({ repository, digest, ...manifest, tags: names, deletedBy: THE_REGISTRY });
  }

  function isRecent({ deletedBy, deletedAt }: TrashItem): boolean {
    return deletedBy === THE_REGISTRY && Math.abs(now() - deletedAt) <= TOGETHER_MS;
  }

  async function keepAll(repository: string, tags: readonly GoneTag[]): Promise<void> {
    const digests = new Set(tags.map((tag) => tag.digest).filter((digest) => !isOwnDigest(digest)));
    for (const digest of digests) {
      const names = tags.filter((tag) => tag.digest === digest).map((tag) => tag.name);
      await keepOne(repository, digest, names);
    }
  }

  return {
    /** @param tags that the registry no longer has. */
    keep(repository: string, tags: readonly GoneTag[]): Promise<void> {
      // One after the other, so that what belongs together finds each other.
      const work = last.then(() => keepAll(repository, tags));
      last = work.catch(() => undefined);
      return work;
    },
  };
}
export type Gone = ReturnType<typeof createGone>;
