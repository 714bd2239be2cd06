import type { Logger } from '../log.ts';
import type { RegistryClient, StoredManifest } from '../registry/client/client.ts';
import type { Operation } from './journal.ts';
import type { Trash } from './trash.ts';

/** The fields of a push event that are needed; implemented by `RegistryEvent` of `notifications/`. */
export interface PushEvent {
  readonly action: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  readonly at: number;
  readonly actorConfirmed: boolean;
}

export interface LostPushesDeps {
  readonly client: Pick<RegistryClient, 'headManifest' | 'getManifest' | 'putManifest'>;
  readonly trash: Trash;
  readonly now: () => number;
  readonly log: Logger;
}

// Pushes are watched for this long after the deletion, because events may wait in the registry's queue.
const WATCHED_MS = 5 * 60_000;
// Tolerance for the difference between the registry's clock and ours.
const CLOCK_SLACK_MS = 2000;

interface Watched {
  readonly operation: Operation;
  readonly until: number;
  /** Pushes during the deletion: tag → digest. */
  readonly pushed: Map<string, string>;
  finished: boolean;
}

/**
 * Restores pushes that a deletion destroyed. The registry has no conditional delete: somebody may push between our last
 * check and the deletion. The push event reveals that, and the pushed image is restored from the trash.
 */
export function createLostPushes({ client, trash, now, log }: LostPushesDeps) {
  const watched = new Map<number, Watched>();

  function isHit({ operation, until }: Watched, event: PushEvent): boolean {
    if (event.repository !== operation.repository || event.digest === operation.throwawayDigest) return false;
    if (now() > until) return false;
    // The deleted digest under any tag: deleting the manifest deleted those tags, too.
    if (event.digest === operation.digest) return event.at > operation.startedAt;
    return event.tag === operation.tag && event.at > operation.startedAt - CLOCK_SLACK_MS;
  }

  async function putBack(operation: Operation, tag: string, digest: string): Promise<void> {
    const { repository, throwawayDigest } = operation;
    const there = await client.headManifest(repository, tag);
    if (there !== undefined && there.digest !== throwawayDigest) return;
    const manifest = await findManifest(repository, digest);
    if (manifest === undefined) return;
    await client.putManifest(repository, tag, manifest.mediaType, manifest.raw);
    log.warn({ repository, tag, digest }, 'push during a deletion put back');
  }

  async function findManifest(
    repository: string,
    digest: string,
  ): Promise<Pick<StoredManifest, 'mediaType' | 'raw'> | undefined> {
    return (await client.getManifest(repository, digest)) ?? (await trash.find(repository, digest));
  }

  return {
    /** To be called before the first step of the deletion. */
    watch(operation: Operation, finished = false): void {
      for (const [id, each] of watched) if (each.until < now()) watched.delete(id);
      watched.set(operation.id, {
        operation,
        until: operation.startedAt + WATCHED_MS,
        pushed: watched.get(operation.id)?.pushed ?? new Map(),
        finished,
      });
    },
    /** To be called when the deletion has ended: restores what was pushed meanwhile. */
    async restorePushed(operation: Operation): Promise<void> {
      const entry = watched.get(operation.id);
      if (entry === undefined) return;
      entry.finished = true;
      for (const [tag, digest] of entry.pushed) await putBack(entry.operation, tag, digest);
    },
    /** To be called with each push event. Unconfirmed ones are ignored: strangers must not make us write. */
    async handlePush(event: PushEvent): Promise<void> {
      const { tag, digest } = event;
      if (event.action !== 'push' || tag === undefined || digest === undefined || !event.actorConfirmed) return;
      for (const entry of watched.values()) {
        if (!isHit(entry, event)) continue;
        if (entry.finished) await putBack(entry.operation, tag, digest);
        else entry.pushed.set(tag, digest);
      }
    },
  };
}
export type LostPushes = ReturnType<typeof createLostPushes>;
