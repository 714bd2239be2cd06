/** Deleting and restoring for a user: checks the right, acts, and writes the audit entry. */
import { type Actor, auditActor, mayAct, notFoundOrHidden } from '../../access/actor.ts';
import type { Audit, AuditDetail } from '../../audit/audit.ts';
import { AppError, errorText } from '../../errors.ts';
import type { SelectionRequest, SelectionResult } from '../delete-selection.ts';
import type { DeleteRequest, DeleteResult, Deletion } from '../deletion.ts';
import type { RestoreResult } from '../restore.ts';
import type { TrashedManifest } from '../trash.ts';

export interface DeletionUseCasesDeps {
  readonly deletion: Pick<Deletion, 'deleteTag' | 'deleteSelection' | 'restore'> & {
    readonly trash: Pick<Deletion['trash'], 'get' | 'batchOf'>;
  };
  /** `registry.readonly`: nothing may be changed. */
  readonly isReadonly: boolean;
  readonly audit: Pick<Audit, 'record'>;
}

/** One of several entries: restored, or the reason why not. */
export type RestoredEntry =
  | { readonly id: number; readonly result: RestoreResult; readonly error: undefined }
  | { readonly id: number; readonly result: undefined; readonly error: AppError };

export interface Undone {
  readonly repository: string;
  readonly entries: readonly RestoredEntry[];
}

export function createDeletionUseCases({ deletion, isReadonly, audit }: DeletionUseCasesDeps) {
  /** @throws {AppError} DENIED without the right or in read-only mode. */
  function requireDelete(actor: Actor, repository: string): void {
    if (!isReadonly && mayAct(actor, 'delete', repository)) return;
    throw new AppError('DENIED', `The right "delete" on ${repository} is missing, or the registry is read-only.`, {
      key: isReadonly ? 'readonly' : 'delete_denied',
      params: { repository },
    });
  }

  async function note(actor: Actor, object: string, detail: AuditDetail, error?: unknown): Promise<void> {
    const action = object.includes('@') ? 'manifest.delete' : 'tag.delete';
    const entry = { ...auditActor(actor), action, object } as const;
    if (error === undefined) return audit.record({ ...entry, outcome: 'ok', detail });
    const outcome = error instanceof AppError && error.code !== 'UPSTREAM' ? 'refused' : 'failed';
    await audit.record({ ...entry, outcome, detail: { ...detail, reason: errorText(error) } });
  }

  async function deleteTag(actor: Actor, request: Omit<DeleteRequest, 'actor'>): Promise<DeleteResult> {
    const { repository, tag, digest } = request;
    requireDelete(actor, repository);
    const object = `${repository}:${tag}`;
    try {
      const result = await deletion.deleteTag({ ...request, actor: actor.name });
      await note(actor, object, { digest, manifest: result.manifestDeleted });
      return result;
    } catch (error) {
      await note(actor, object, { digest, manifest: false }, error);
      throw error;
    }
  }

  async function deleteSelection(actor: Actor, request: Omit<SelectionRequest, 'actor'>): Promise<SelectionResult> {
    const { repository } = request;
    requireDelete(actor, repository);
    const result = await deletion.deleteSelection({ ...request, actor: actor.name }).catch(async (error: unknown) => {
      for (const object of objectsOf(request)) await note(actor, object, {}, error);
      throw error;
    });
    for (const { tag, digest, error } of result.items) {
      const object = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`;
      await note(actor, object, { digest, manifest: result.manifests.includes(digest) }, error);
    }
    return result;
  }

  /** Checks the right by name, because the repository may have left the index with its last tag. */
  async function findRestorable(actor: Actor, id: number): Promise<TrashedManifest> {
    const item = await deletion.trash.get(id);
    if (item === undefined || !mayAct(actor, 'pull', item.repository)) throw notFoundOrHidden();
    requireDelete(actor, item.repository);
    return item;
  }

  async function restore(actor: Actor, id: number): Promise<RestoreResult> {
    await findRestorable(actor, id);
    const result = await deletion.restore(id, { actor: actor.name });
    const { repository, digest, tags } = result;
    const entry = { ...auditActor(actor), action: 'manifest.restore', object: `${repository}@${digest}` } as const;
    await audit.record({ ...entry, outcome: 'ok', detail: { tags } });
    return result;
  }

  async function tryRestore(actor: Actor, id: number): Promise<RestoredEntry> {
    try {
      return { id, result: await restore(actor, id), error: undefined };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { id, result: undefined, error };
    }
  }

  async function restoreEach(actor: Actor, ids: Iterable<number>): Promise<readonly RestoredEntry[]> {
    const entries: RestoredEntry[] = [];
    for (const id of new Set(ids)) entries.push(await tryRestore(actor, id));
    return entries;
  }

  return {
    /**
     * Deletes the tag and nothing else, or with `alsoManifest` the manifest too, and what only it needed.
     * @throws {AppError} DENIED, NOT_FOUND, CONFLICT when the tag moved or the manifest is needed, UPSTREAM.
     */
    deleteTag,
    /**
     * Each tag and manifest with its own outcome, all with one undo.
     * @throws {AppError} DENIED, UPSTREAM where the registry does not tell what is needed.
     */
    deleteSelection,
    /** @throws {AppError} NOT_FOUND for hidden entries, DENIED, CONFLICT when the blobs are gone, UPSTREAM. */
    restore,
    /** One after the other: entries that cannot be restored get an error, the others are restored. */
    restoreEach,
    /** Restores everything of one deletion. @throws {AppError} NOT_FOUND for hidden entries, DENIED. */
    async undo(actor: Actor, id: number): Promise<Undone> {
      const { repository } = await findRestorable(actor, id);
      const ids = (await deletion.trash.batchOf(id)).map((item) => item.id);
      return { repository, entries: await restoreEach(actor, ids) };
    },
  };
}
export type DeletionUseCases = ReturnType<typeof createDeletionUseCases>;

/** As in the audit log. */
function objectsOf({ repository, tags, digests }: Pick<SelectionRequest, 'repository' | 'tags' | 'digests'>) {
  return [...tags.map(({ name }) => `${repository}:${name}`), ...digests.map((digest) => `${repository}@${digest}`)];
}
