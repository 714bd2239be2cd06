import type { Logger } from '../log.ts';
import type { RegistryClient, StoredManifest } from '../registry/client/client.ts';
import type { Operation } from './journal.ts';
import type { Trash } from './trash.ts';

/** What a push event must tell; the shape of `RegistryEvent` of `notifications/`. */
export interface PushEvent {
  readonly action: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  readonly at: number;
  readonly actorConfirmed: boolean;
}

export interface PutBackDeps {
  readonly client: Pick<RegistryClient, 'headManifest' | 'getManifest' | 'putManifest'>;
  readonly trash: Trash;
  readonly now: () => number;
  readonly log: Logger;
}

// Events wait in the registry's queue while we are away or busy.
const WATCHED_MS = 5 * 60_000;
// The registry's clock and ours may differ a little.
const CLOCK_SLACK_MS = 2000;

interface Watched {
  readonly operation: Operation;
  readonly until: number;
  /** Pushes seen while the deletion still ran: tag → digest. */
  readonly pushed: Map<string, string>;
  finished: boolean;
}

/**
 * The registry has no "delete this tag only if it still points there". Between our last look and the deletion somebody
 * may push: the push event tells so, and what was pushed is put back.
 */
export function createPutBack({ client, trash, now, log }: PutBackDeps) {
  const watched = new Map<number, Watched>();

  function isHit({ operation, until }: Watched, event: PushEvent): boolean {
    if (event.repository !== operation.repository || event.digest === operation.throwawayDigest) return false;
    if (now() > until) return false;
    // The confirmed digest itself, under whatever tag: deleting the manifest takes those tags along.
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
    /** From before the first step on. */
    watch(operation: Operation, finished = false): void {
      for (const [id, each] of watched) if (each.until < now()) watched.delete(id);
      watched.set(operation.id, {
        operation,
        until: operation.startedAt + WATCHED_MS,
        pushed: watched.get(operation.id)?.pushed ?? new Map(),
        finished,
      });
    },
    /** The deletion has ended: what was pushed meanwhile can be put back. */
    async settle(operation: Operation): Promise<void> {
      const entry = watched.get(operation.id);
      if (entry === undefined) return;
      entry.finished = true;
      for (const [tag, digest] of entry.pushed) await putBack(entry.operation, tag, digest);
    },
    /** Only pushes whose sender is known count: nobody else may make us write. */
    async notePush(event: PushEvent): Promise<void> {
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
export type PutBack = ReturnType<typeof createPutBack>;
