import type { Operation } from './journal.ts';

interface Deleted {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

const REMEMBERED_MS = 24 * 60 * 60 * 1000;
const MOST = 10_000;

/** Which of the registry's events are our own doing, and on whose behalf: the registry only sees our name. */
export function createOwnDoings() {
  const throwaways = new Set<string>();
  const actors = new Map<string, string>();

  function remember(key: string, actor: string): void {
    actors.delete(key);
    actors.set(key, actor);
    const oldest = actors.keys().next().value;
    if (actors.size > MOST && oldest !== undefined) actors.delete(oldest);
  }

  return {
    /** How far back the journal is worth reading at start. */
    rememberedMs: REMEMBERED_MS,
    add(operation: Operation): void {
      const { repository, tag, digest, throwawayDigest, actor } = operation;
      if (throwawayDigest !== undefined) throwaways.add(throwawayDigest);
      remember(`${repository}:${tag}`, actor);
      remember(`${repository}@${digest}`, actor);
    },
    isOwnDigest: (digest: string): boolean => throwaways.has(digest),
    whoDeleted: ({ repository, tag, digest }: Deleted): string | undefined =>
      actors.get(tag === null ? `${repository}@${digest ?? ''}` : `${repository}:${tag}`),
  };
}
export type OwnDoings = ReturnType<typeof createOwnDoings>;
