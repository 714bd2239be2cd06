import { LRUCache } from 'lru-cache';
import type { Operation } from './journal.ts';

interface Target {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

const REMEMBERED_MS = 24 * 60 * 60 * 1000;
const MAX_REMEMBERED = 10_000;

/** Which of the registry's events are our own doing, and on whose behalf: the registry only sees our name. */
export function createOwnDoings() {
  const throwaways = new Set<string>();
  const actors = new LRUCache<string, string>({ max: MAX_REMEMBERED });
  const restorers = new LRUCache<string, string>({ max: MAX_REMEMBERED });

  return {
    /** How far back the journal is worth reading at start. */
    rememberedMs: REMEMBERED_MS,
    add(operation: Operation): void {
      const { repository, tag, digest, throwawayDigest, actor } = operation;
      if (throwawayDigest !== undefined) throwaways.add(throwawayDigest);
      actors.set(`${repository}:${tag}`, actor);
      actors.set(`${repository}@${digest}`, actor);
    },
    addRestored({ actor, ...target }: Target & { readonly actor: string }): void {
      restorers.set(restoredKey(target), actor);
    },
    /** Deleted by its digest, without a journal. */
    addManifest(deleted: { repository: string; digest: string; tags: readonly string[]; actor: string }): void {
      const { repository, digest, tags, actor } = deleted;
      for (const tag of tags) actors.set(`${repository}:${tag}`, actor);
      actors.set(`${repository}@${digest}`, actor);
    },
    isOwnDigest: (digest: string): boolean => throwaways.has(digest),
    whoRestored: (target: Target): string | undefined => restorers.get(restoredKey(target)),
    whoDeleted: ({ repository, tag, digest }: Target): string | undefined =>
      actors.get(tag === null ? `${repository}@${digest ?? ''}` : `${repository}:${tag}`),
  };
}
export type OwnDoings = ReturnType<typeof createOwnDoings>;

function restoredKey({ repository, tag, digest }: Target): string {
  return `${repository}:${tag ?? ''}@${digest ?? ''}`;
}
