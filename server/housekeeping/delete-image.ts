/** The deletion of one tag, one image or one manifest at the registry: kept in the trash first, journalled, confirmed. */
import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { StoredManifest } from '../registry/client/client.ts';
import type { Journal, Operation } from './journal.ts';
import type { OwnDoings } from './own-doings.ts';
import type { PutBack } from './put-back.ts';
import { conflict, type createRemoval, type DeletingClient, isUnfinished } from './removal.ts';
import type { Trash } from './trash.ts';

export interface ImageRequest {
  readonly repository: string;
  readonly digest: string;
  readonly actor: string;
  /** The first entry of this deletion in the trash. */
  readonly batchId: number | undefined;
}

export interface ImageDeletionDeps {
  readonly client: DeletingClient;
  readonly journal: Journal;
  readonly trash: Trash;
  readonly removal: ReturnType<typeof createRemoval>;
  readonly own: OwnDoings;
  readonly putBack: PutBack;
  /** Name and tag, with a colon between, of the deletions that run now. */
  readonly busy: Set<string>;
  /** An interrupted deletion is ended later. */
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

  /** @param undoTrash takes back what was put into the trash, where the registry still has it. */
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
      await putBack.settle(operation).catch((error: unknown) => {
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

  /** @param trashId the entry of another tag of the same image, which this one joins. */
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
    /** This tag and nothing else. @throws {AppError} NOT_FOUND, CONFLICT when it moved, UPSTREAM. */
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
    /** The manifest, and with it all of these tags. That nothing else needs it was checked before. */
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
     * A manifest by its digest. Without a journal: where it is interrupted, it is still there, and can be deleted again.
     *
     * @param request.tags those that go with it (fallback tags, tags of cosign).
     * @returns its entry in the trash.
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
