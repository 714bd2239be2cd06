import type { Logger } from '../log.ts';
import type { DeletionAttribution } from './deletion-attribution.ts';
import type { Journal, Operation } from './journal.ts';
import type { LostPushes } from './lost-pushes.ts';
import type { createRemoval, DeletingClient } from './removal.ts';
import type { Trash } from './trash.ts';

export interface ResumeDeps {
  readonly journal: Journal;
  readonly trash: Trash;
  readonly client: Pick<DeletingClient, 'headManifest'>;
  readonly removal: ReturnType<typeof createRemoval>;
  readonly own: DeletionAttribution;
  readonly putBack: LostPushes;
  /** The running deletions as `repository:tag`. */
  readonly busy: ReadonlySet<string>;
  readonly onChanged: (repository: string) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Logger;
}

const RETRY_MS = 30_000;

/**
 * Finishes deletions that a crash or an outage interrupted: completes them where the registry allows it, else undoes
 * them.
 */
export function createResume(deps: ResumeDeps) {
  const { journal, trash, client, removal, own, putBack, busy, onChanged, now, log } = deps;
  let retry: NodeJS.Timeout | undefined;

  async function resume(): Promise<number> {
    for (const operation of await journal.since(now() - own.rememberedMs)) {
      if (busy.has(`${operation.repository}:${operation.tag}`)) continue;
      own.add(operation);
      putBack.watch(operation, true);
    }
    for (const { repository, digest, tags, restoredBy: actor } of await trash.restoredSince(now() - own.rememberedMs)) {
      if (actor === undefined) continue;
      for (const tag of [...tags, null]) own.addRestored({ repository, tag, digest, actor });
    }
    let left = 0;
    for (const operation of await journal.open()) {
      if (busy.has(`${operation.repository}:${operation.tag}`)) continue;
      own.add(operation);
      try {
        await end(operation);
        await onChanged(operation.repository);
      } catch (error) {
        left += 1;
        log.warn(
          { repository: operation.repository, tag: operation.tag, error },
          'interrupted deletion not finished yet',
        );
      }
    }
    if (left > 0) later();
    return left;
  }

  async function end(operation: Operation): Promise<void> {
    const { id, repository, tag, digest, throwawayDigest } = operation;
    const there = await client.headManifest(repository, tag);
    if (there?.digest === digest) return journal.fail(id, 'interrupted; nothing was deleted');
    if (throwawayDigest !== undefined) await endThrowaway(operation, there?.digest === throwawayDigest);
    await journal.finish(id);
    log.info({ repository, tag, digest }, 'interrupted deletion finished');
  }

  async function endThrowaway(operation: Operation, isInTheWay: boolean): Promise<void> {
    try {
      await removal.removeThrowaway(operation);
    } catch (error) {
      const kept = isInTheWay ? await trash.find(operation.repository, operation.digest) : undefined;
      if (kept !== undefined) await removal.undo(operation, kept);
      throw error;
    }
  }

  function later(): void {
    clearTimeout(retry);
    const again = () => resume().catch((error: unknown) => log.error({ error }, 'interrupted deletions not finished'));
    retry = setTimeout(again, RETRY_MS).unref();
  }

  return { resume, later, stop: () => clearTimeout(retry) };
}
