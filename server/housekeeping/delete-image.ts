/**
 * Deletes one tag, one image or one manifest at the registry: first a copy in the trash, then a journal entry, then the
 * deletion, then a check that it is gone.
 */
import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { StoredManifest } from '../registry/client/client.ts';
import type { DeletionAttribution } from './deletion-attribution.ts';
import type { Journal, Operation } from './journal.ts';
import type { LostPushes } from './lost-pushes.ts';
import { conflict, type createRemoval, type DeletingClient, isUnfinished } from './removal.ts';
import type { Trash } from './trash.ts';

export interface ImageRequest {
  readonly repository: string;
  readonly digest: string;
  readonly actor: string;
  /** Trash ID of the first entry of this deletion; undefined: this is the first. */
  readonly batchId: number | undefined;
}

export interface ImageDeletionDeps {
  readonly client: DeletingClient;
  readonly journal: Journal;
  readonly trash: Trash;
  readonly removal: ReturnType<typeof createRemoval>;
  readonly own: DeletionAttribution;
  readonly putBack: LostPushes;
  /** The running deletions as `repository:tag`. */
  readonly busy: Set<string>;
  /** Called when a deletion was interrupted; it is finished later. */
  readonly onUnfinished: () => void;
  readonly note: (operation: Operation) => void;
  readonly log: Logger;
}

export interface Deleted {
  readonly trashId: number;
  readonly pushedAgain: boolean;
}

export type ImageDeletion = ReturnType<typeof createImageDeletion>;

export function createImageDeletion(deps: ImageDeletionDeps) {
  const { client, journal, trash, removal, own, putBack, busy, log } = deps;

  async function exclusively<T>(repository: string, tags: readonly string[], work: () => Promise<T>): Promise<T> {
    const keys = tags.map((tag) => `${repository}:${tag}`);
    const taken = tags.find((tag) => busy.has(`${repository}:${tag}`));
    if (taken !== undefined) {
      throw conflict('deletionRuns', `${repository}:${taken} is being deleted already.`, { tag: taken });
    }
    for (const key of keys) busy.add(key);
    try {
      return await work();
    } finally {
      for (const key of keys) busy.delete(key);
    }
  }

  async function readConfirmed(request: ImageRequest, tag: string): Promise<StoredManifest> {
    await removal.requireUnmoved({ ...request, tag });
    const manifest = await client.getManifest(request.repository, request.digest);
    if (manifest !== undefined) return manifest;
    throw conflict('tagMoved', `The tag ${tag} points to another image by now. Look at it again.`, { tag });
  }

  /** @param undoTrash Removes the trash entry when the registry still has the image. */
  async function journalled(
    request: ImageRequest & { readonly tag: string },
    undoTrash: () => Promise<void>,
    work: (operation: Operation) => Promise<string | undefined>,
  ): Promise<boolean> {
    const { repository, tag, digest, actor } = request;
    const operation = await journal.begin({ repository, tag, digest, actor });
    deps.note(operation);
    try {
      const there = await work(operation);
      await journal.finish(operation.id);
      return there !== undefined;
    } catch (error) {
      await giveUp(operation, undoTrash, error);
      throw error;
    } finally {
      await putBack.restorePushed(operation).catch((error: unknown) => {
        log.error({ repository, tag, error }, 'a push during a deletion could not be put back');
      });
    }
  }

  async function giveUp(operation: Operation, undoTrash: () => Promise<void>, error: unknown): Promise<void> {
    if (isUnfinished(error)) return deps.onUnfinished();
    await journal.fail(operation.id, errorText(error));
    const { repository, tag, digest } = operation;
    // Where the registry does not say, the copy in the trash is kept.
    const there = await client.headManifest(repository, tag).catch(() => undefined);
    if (there?.digest === digest) await undoTrash();
  }

  /** @param trashId Trash entry of another tag of the same image, to which this tag is added. */
  async function keepTag(request: ImageRequest, tag: string, manifest: StoredManifest, trashId: number | undefined) {
    const kept = trashId === undefined ? undefined : await trash.get(trashId);
    if (kept === undefined) {
      const id = await trash.add({ ...entry(request, manifest), tags: [tag] });
      return { id, undo: () => trash.remove(id) };
    }
    await trash.setTags(kept.id, [...kept.tags, tag]);
    return { id: kept.id, undo: () => trash.setTags(kept.id, kept.tags) };
  }

  return {
    /**
     * Deletes this tag and nothing else.
     * @throws {AppError} NOT_FOUND when it is gone, CONFLICT when it moved, UPSTREAM.
     */
    deleteTag(
      request: ImageRequest & { readonly tag: string; readonly trashId: number | undefined },
    ): Promise<Deleted> {
      const { repository, tag, trashId } = request;
      return exclusively(repository, [tag], async () => {
        const manifest = await readConfirmed(request, tag);
        const kept = await keepTag(request, tag, manifest, trashId);
        const pushedAgain = await journalled(request, kept.undo, (operation) =>
          removal.deleteOnlyTag(operation, manifest),
        );
        return { trashId: kept.id, pushedAgain };
      });
    },
    /** Deletes the manifest and with it all of these tags. The caller has checked that nothing else needs it. */
    deleteWhole(request: ImageRequest & { readonly tags: readonly string[] }): Promise<Deleted> {
      const { repository, digest, tags } = request;
      return exclusively(repository, tags, async () => {
        const [tag = ''] = tags;
        for (const other of tags.slice(1)) await removal.requireUnmoved({ repository, digest, tag: other });
        const manifest = await readConfirmed(request, tag);
        const id = await trash.add({ ...entry(request, manifest), tags });
        const undo = () => trash.remove(id);
        const pushedAgain = await journalled({ ...request, tag }, undo, (operation) => {
          for (const other of tags.slice(1)) own.add({ ...operation, tag: other });
          return removal.deleteWhole(operation);
        });
        return { trashId: id, pushedAgain };
      });
    },
    /**
     * Deletes a manifest by digest. Needs no journal: if interrupted, it still exists and can be deleted again.
     * @param request.tags Tags that are deleted with it (fallback tags, tags of cosign).
     * @returns its trash ID.
     */
    async deleteManifest(
      request: ImageRequest & { readonly tags: readonly string[]; readonly partOf?: number | undefined },
    ): Promise<number> {
      const { repository, digest, tags, partOf, actor } = request;
      const manifest = await client.getManifest(repository, digest);
      if (manifest === undefined) throw conflict('manifestGone', 'This manifest is gone already.');
      const id = await trash.add({ ...entry(request, manifest), tags, partOf });
      own.addManifest({ repository, digest, tags, actor });
      try {
        await removal.deleteManifest(repository, digest);
      } catch (error) {
        // Where the registry does not say, the copy in the trash is kept.
        const there = await client.headManifest(repository, digest).catch(() => undefined);
        if (there !== undefined) await trash.remove(id);
        throw error;
      }
      return id;
    },
  };
}

function entry({ repository, digest, actor, batchId }: ImageRequest, { mediaType, raw }: StoredManifest) {
  return { repository, digest, mediaType, raw, deletedBy: actor, batchId };
}
