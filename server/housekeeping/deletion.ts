/**
 * Deleting and restoring at the registry. Rights and audit are in `use-cases/deletion.ts`; updating the index belongs
 * to `catalog/`.
 */
import { unreachedDigests } from '../catalog/manifests/held-lookup.ts';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { createImageDeletion } from './delete-image.ts';
import { createDeleteSelection, type SelectionRequest, type SelectionResult } from './delete-selection.ts';
import { createDeletionAttribution } from './deletion-attribution.ts';
import { createExternalDeletions } from './external-deletions.ts';
import { createJournal, type Operation } from './journal.ts';
import { createLostPushes } from './lost-pushes.ts';
import { type DeletionPlan, readPlan } from './plan.ts';
import { createRemoval, type DeletingClient } from './removal.ts';
import { type RestoreResult, restoreManifest } from './restore.ts';
import { createRestoreSelection } from './restore-selection.ts';
import { createResume } from './resume.ts';
import { type AskedSelection, readSelectionPlan, type SelectionPlan } from './selection-plan.ts';
import { createTrash } from './trash.ts';
import { countTrash, listTrash, type TrashQuery } from './trash-list.ts';

export interface DeletionDeps {
  readonly db: Database;
  readonly client: DeletingClient;
  /** Updates the index of this repository; awaited before the answer is sent. */
  readonly onChanged: (repository: string) => Promise<unknown>;
  /** `trash.keep` in milliseconds; default: 30 days. */
  readonly keepMs?: number;
  readonly now?: () => number;
  readonly log: Logger;
}

export interface DeleteRequest {
  readonly repository: string;
  readonly tag: string;
  /** The digest that the person saw and confirmed. */
  readonly digest: string;
  readonly alsoManifest: boolean;
  /** User name. */
  readonly actor: string;
}

export interface DeleteResult {
  readonly manifestDeleted: boolean;
  /** Deleted digests: the manifest, and what only it needed. */
  readonly manifests: readonly string[];
  /** The tag was pushed again during the deletion: it exists, with other content. */
  readonly pushedAgain: boolean;
  /** Trash ID for undoing it. */
  readonly trashId: number;
}

/**
 * A client pushes the manifests of an index before the index. Untagged manifests younger than this may belong to a push
 * in progress.
 */
const RUNNING_PUSH_MS = 3600_000;
const DEFAULT_KEEP_MS = 30 * 24 * 3600_000;

export function createDeletion(deps: DeletionDeps) {
  const { db, client, log, keepMs = DEFAULT_KEEP_MS, now = Date.now } = deps;
  const journal = createJournal(db, now);
  const trash = createTrash(db, now);
  const putBack = createLostPushes({ client, trash, now, log });
  const own = createDeletionAttribution();
  const removal = createRemoval({ client, journal, onThrowaway: note });
  const busy = new Set<string>();
  const onChanged = (repository: string) =>
    deps.onChanged(repository).catch((error: unknown) => {
      log.warn({ repository, error }, 'index not refreshed after a deletion');
    });
  const resumption = createResume({ journal, trash, client, removal, own, putBack, busy, onChanged, now, log });
  const image = createImageDeletion({
    ...{ client, journal, trash, removal, own, putBack, busy, note, log },
    onUnfinished: resumption.later,
  });
  const deleteAll = createDeleteSelection({ db, client, image, log });
  const restoreAll = createRestoreSelection({
    ...{ client, trash, log },
    restoreOne: (id, actor) => restoreManifest({ client, trash, onRestore: own.addRestored }, id, actor),
  });

  function note(operation: Operation): void {
    own.add(operation);
    putBack.watch(operation);
  }

  /** @throws {AppError} UPSTREAM when the registry does not tell what is needed. */
  async function deleteSelection(request: SelectionRequest): Promise<SelectionResult> {
    try {
      return await deleteAll(request);
    } finally {
      await onChanged(request.repository);
    }
  }

  /** @throws {AppError} NOT_FOUND, CONFLICT when the blobs are gone, UPSTREAM. */
  async function restore(trashId: number, { actor }: Pick<DeleteRequest, 'actor'>): Promise<RestoreResult> {
    const result = await restoreAll(trashId, actor);
    await onChanged(result.repository);
    return result;
  }

  return {
    /** Each tag and manifest with its own outcome, all with one undo. */
    deleteSelection,
    /**
     * Deletes the tag and nothing else, or with `alsoManifest` the manifest too, and what only it needed.
     * @throws {AppError} NOT_FOUND, CONFLICT when the tag moved or the manifest is needed, UPSTREAM.
     */
    async deleteTag({ tag, digest, alsoManifest, ...request }: DeleteRequest): Promise<DeleteResult> {
      const chosen = { tags: [{ name: tag, digest }], digests: [], alsoUnneeded: alsoManifest, isStrict: true };
      const { items, manifests, undoId } = await deleteSelection({ ...request, ...chosen });
      const [item] = items;
      if (item?.error !== undefined) throw item.error;
      const manifestDeleted = manifests.includes(digest);
      return { manifestDeleted, manifests, pushedAgain: item?.pushedAgain === true, trashId: undoId ?? 0 };
    },
    /**
     * Finishes interrupted deletions. To be awaited before notifications are processed.
     * @returns how many still wait for the registry.
     */
    resume: resumption.resume,
    /** @param seen What the viewer may see; sizes count only that. @throws {AppError} NOT_FOUND. */
    async plan(repository: string, tag: string, seen: Visibility): Promise<DeletionPlan> {
      const plan = await readPlan(db, seen, repository, tag);
      if (plan !== undefined) return plan;
      const message = `There is no tag ${tag} in ${repository}.`;
      throw new AppError('NOT_FOUND', message, { key: 'tagUnknown', params: { tag, repository } });
    },
    planSelection: (seen: Visibility, repositoryId: number, selection: AskedSelection): Promise<SelectionPlan> =>
      readSelectionPlan(db, seen, repositoryId, selection),
    /** Manifests that no tag keeps, oldest first, without those that may belong to a push in progress. */
    async planUntagged(seen: Visibility, repositoryId: number, limit: number): Promise<SelectionPlan> {
      const digests = await unreachedDigests(db, repositoryId, { before: now() - RUNNING_PUSH_MS, limit });
      return readSelectionPlan(db, seen, repositoryId, { tags: [], images: [], digests });
    },
    trash: {
      keepMs,
      list: trash.list,
      get: trash.get,
      batchOf: trash.batchOf,
      page: (query: TrashQuery) => listTrash(db, query),
      count: (repository: string) => countTrash(db, repository),
    },
    restore,
    /** To be called with every push event, before the index is updated. */
    handlePush: putBack.handlePush,
    /** Records in the trash what was deleted at the registry by others. */
    recordExternal: createExternalDeletions({ db, trash, isOwnDigest: own.isOwnDigest, now }).keep,
    isOwnDigest: own.isOwnDigest,
    deletedBy: own.deletedBy,
    restoredBy: own.restoredBy,
    purgeTrash: () => trash.purge(now() - keepMs),
    stop: resumption.stop,
  };
}
export type Deletion = ReturnType<typeof createDeletion>;
