import { LRUCache } from 'lru-cache';
import type { Operation } from './journal.ts';

interface Target {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

const KEEP_MS = 24 * 60 * 60 * 1000;
const MAX_ENTRIES = 10_000;

/** Remembers, for a day, which deletions and restores we made and for whom: the registry's events only name us. */
export function createDeletionAttribution() {
  const throwaways = new Set<string>();
  const actors = new LRUCache<string, string>({ max: MAX_ENTRIES });
  const restorers = new LRUCache<string, string>({ max: MAX_ENTRIES });

  return {
    /** How far back the journal has to be read at start. */
    rememberedMs: KEEP_MS,
    add(operation: Operation): void {
      const { repository, tag, digest, throwawayDigest, actor } = operation;
      if (throwawayDigest !== undefined) throwaways.add(throwawayDigest);
      actors.set(`${repository}:${tag}`, actor);
      actors.set(`${repository}@${digest}`, actor);
    },
    addRestored({ actor, ...target }: Target & { readonly actor: string }): void {
      restorers.set(restoredKey(target), actor);
    },
    /** For a manifest that was deleted by digest, without a journal. */
    addManifest(deleted: { repository: string; digest: string; tags: readonly string[]; actor: string }): void {
      const { repository, digest, tags, actor } = deleted;
      for (const tag of tags) actors.set(`${repository}:${tag}`, actor);
      actors.set(`${repository}@${digest}`, actor);
    },
    isOwnDigest: (digest: string): boolean => throwaways.has(digest),
    restoredBy: (target: Target): string | undefined => restorers.get(restoredKey(target)),
    deletedBy: ({ repository, tag, digest }: Target): string | undefined =>
      actors.get(tag === null ? `${repository}@${digest ?? ''}` : `${repository}:${tag}`),
  };
}
export type DeletionAttribution = ReturnType<typeof createDeletionAttribution>;

function restoredKey({ repository, tag, digest }: Target): string {
  return `${repository}:${tag ?? ''}@${digest ?? ''}`;
}
