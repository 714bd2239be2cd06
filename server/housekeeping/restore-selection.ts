/**
 * Restores trash entries with everything that belongs to them: first what an index lists, then it, then what refers to
 * it.
 */
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { childDigests } from './children.ts';
import type { DeletingClient } from './removal.ts';
import type { RestoreResult } from './restore.ts';
import type { Trash } from './trash.ts';

export interface RestoreSelectionDeps {
  readonly client: Pick<DeletingClient, 'headManifest'>;
  readonly trash: Pick<Trash, 'get' | 'find' | 'partsOf' | 'markUnrestorable'>;
  /** Restores one manifest with its tags. */
  readonly restoreOne: (id: number, actor: string) => Promise<RestoreResult>;
  readonly log: Logger;
}

// Enough for an index of indexes; deeper ones are not used.
const MAX_DEPTH = 4;

export function createRestoreSelection({ client, trash, restoreOne, log }: RestoreSelectionDeps) {
  /** Children first: a registry refuses an index whose manifests are missing. */
  async function restoreWhole(id: number, actor: string, depth = 0): Promise<RestoreResult> {
    const item = await trash.get(id);
    const children = item === undefined || depth >= MAX_DEPTH ? [] : childDigests(item);
    for (const digest of children) {
      if (item === undefined || (await client.headManifest(item.repository, digest)) !== undefined) continue;
      const kept = await trash.find(item.repository, digest);
      // If a child is not in the trash either, the registry decides whether it accepts the index.
      if (kept !== undefined) await restoreWhole(kept.id, actor, depth + 1);
    }
    return restoreOne(id, actor);
  }

  async function restoreReferring(id: number, actor: string): Promise<void> {
    for (const part of await trash.partsOf(id)) {
      if ((await trash.get(part))?.restoredAt !== undefined) continue;
      await restoreWhole(part, actor).catch((error: unknown) => {
        log.warn({ trashId: part, error }, 'what belonged to a restored image could not be restored');
      });
    }
  }

  /** @throws {AppError} NOT_FOUND, CONFLICT when its blobs are gone, UPSTREAM. */
  return async (id: number, actor: string): Promise<RestoreResult> => {
    try {
      const result = await restoreWhole(id, actor);
      await restoreReferring(id, actor);
      return result;
    } catch (error) {
      if (error instanceof AppError && error.key === 'trashBlobsGone') await trash.markUnrestorable(id);
      throw error;
    }
  };
}
