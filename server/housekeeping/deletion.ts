/**
 * Deleting, the trash and, later, retention and garbage collection. Decides and does; who may is `access/`'s business,
 * what the index shows afterwards `catalog/`'s.
 */
import type { AuditRecord } from '../audit/audit.ts';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { StoredManifest } from '../registry/client.ts';
import type { Database } from '../storage/database.ts';
import { createGone } from './gone.ts';
import { createJournal, type Operation } from './journal.ts';
import { createOwnDoings } from './own-doings.ts';
import { type DeletionPlan, parentsOf, readPlan } from './plan.ts';
import { createPutBack } from './put-back.ts';
import { conflict, createRemoval, type DeletingClient, isUnfinished } from './removal.ts';
import { type RestoreResult, restoreManifest } from './restore.ts';
import { createResume } from './resume.ts';
import { createTrash } from './trash.ts';

export interface DeletionDeps {
  readonly db: Database;
  readonly client: DeletingClient;
  /** `registry.readonly`: nothing is deleted through us. */
  readonly isReadonly: () => boolean;
  /** The index looks at this repository again before the answer goes out. */
  readonly onChanged: (repository: string) => Promise<unknown>;
  readonly audit: (record: AuditRecord) => Promise<unknown>;
  readonly now?: () => number;
  readonly log: Logger;
}

/** Who asks, for the audit. */
export interface Actor {
  readonly actor: string;
  readonly address: string;
}

export interface DeleteRequest extends Actor {
  readonly repository: string;
  readonly tag: string;
  /** What the person saw and confirmed. */
  readonly digest: string;
  readonly alsoManifest: boolean;
}

export interface DeleteResult {
  readonly manifestDeleted: boolean;
  /** Somebody pushed the tag while we deleted it: it exists again, with other content. */
  readonly pushedAgain: boolean;
  /** For "undo". */
  readonly trashId: number;
}

export function createDeletion(deps: DeletionDeps) {
  const { db, client, isReadonly, log, now = Date.now } = deps;
  const journal = createJournal(db, now);
  const trash = createTrash(db, now);
  const putBack = createPutBack({ client, trash, now, log });
  const own = createOwnDoings();
  const removal = createRemoval({ client, journal, onThrowaway: note });
  const busy = new Set<string>();
  const onChanged = (repository: string) =>
    deps.onChanged(repository).catch((error: unknown) => {
      log.warn({ repository, error }, 'index not refreshed after a deletion');
    });
  const resumption = createResume({ journal, trash, client, removal, own, putBack, busy, onChanged, now, log });

  function note(operation: Operation): void {
    own.add(operation);
    putBack.watch(operation);
  }

  /**
   * Deletes the tag and nothing else, or with `alsoManifest` the manifest too.
   * @throws {AppError} DENIED when read-only, NOT_FOUND, CONFLICT when the tag moved or the manifest is needed, UPSTREAM.
   */
  async function deleteTag(request: DeleteRequest): Promise<DeleteResult> {
    const { repository, tag } = request;
    const key = `${repository}:${tag}`;
    try {
      if (isReadonly()) throw readonlyRefusal();
      if (busy.has(key)) throw conflict('deletionRuns', `${key} is being deleted already.`, { tag });
      const result = await exclusively(key, () => run(request));
      await report(request, 'ok', { digest: request.digest, manifest: result.manifestDeleted });
      return result;
    } catch (error) {
      const refused = error instanceof AppError && error.code !== 'UPSTREAM';
      await report(request, refused ? 'refused' : 'failed', { digest: request.digest, reason: errorText(error) });
      throw error;
    } finally {
      await onChanged(repository);
    }
  }

  async function exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    busy.add(key);
    try {
      return await work();
    } finally {
      busy.delete(key);
    }
  }

  async function run(request: DeleteRequest): Promise<DeleteResult> {
    const { repository, tag, digest, alsoManifest, actor } = request;
    const manifest = await readConfirmed(request);
    if (alsoManifest) await requireUnneeded(request);
    const { mediaType, raw } = manifest;
    const trashId = await trash.add({ repository, digest, mediaType, raw, tags: [tag], deletedBy: actor });
    const operation = await journal.begin({ repository, tag, digest, actor });
    note(operation);
    try {
      const there = await (alsoManifest ? removal.deleteWhole(operation) : removal.deleteOnlyTag(operation, manifest));
      await journal.finish(operation.id);
      return { manifestDeleted: alsoManifest, pushedAgain: there !== undefined, trashId };
    } catch (error) {
      await giveUp(operation, trashId, error);
      throw error;
    } finally {
      await putBack.settle(operation).catch((error: unknown) => {
        log.error({ repository, tag, error }, 'a push during a deletion could not be put back');
      });
    }
  }

  async function readConfirmed(request: DeleteRequest): Promise<StoredManifest> {
    await removal.requireUnmoved(request);
    const manifest = await client.getManifest(request.repository, request.digest);
    if (manifest !== undefined) return manifest;
    const { tag } = request;
    throw conflict('tagMoved', `The tag ${tag} points to another image by now. Look at it again.`, { tag });
  }

  async function requireUnneeded(request: DeleteRequest): Promise<void> {
    if ((await parentsOf(db, request.repository, request.digest)).length > 0) {
      throw conflict('manifestInIndex', 'This manifest belongs to a multi-platform image and stays.');
    }
    await removal.requireUnshared(request);
  }

  async function giveUp(operation: Operation, trashId: number, error: unknown): Promise<void> {
    if (isUnfinished(error)) return resumption.later();
    await journal.fail(operation.id, errorText(error));
    const { repository, tag, digest } = operation;
    // Where the registry does not say, the copy in the trash is kept.
    const there = await client.headManifest(repository, tag).catch(() => undefined);
    if (there?.digest === digest) await trash.remove(trashId);
  }

  async function report(
    { actor, address, repository, tag }: DeleteRequest,
    outcome: AuditRecord['outcome'],
    detail: NonNullable<AuditRecord['detail']>,
  ): Promise<void> {
    await deps.audit({ actor, address, action: 'tag.delete', object: `${repository}:${tag}`, outcome, detail });
  }

  return {
    deleteTag,
    /** To be awaited before notifications are read. @returns how many interrupted deletions still wait for the registry. */
    resume: resumption.resume,
    /** @throws {AppError} NOT_FOUND */
    async plan(repository: string, tag: string): Promise<DeletionPlan> {
      const plan = await readPlan(db, repository, tag);
      if (plan !== undefined) return plan;
      const message = `There is no tag ${tag} in ${repository}.`;
      throw new AppError('NOT_FOUND', message, { key: 'tagUnknown', params: { tag, repository } });
    },
    trash: { list: trash.list, get: trash.get },
    /** Undo. @throws {AppError} NOT_FOUND, CONFLICT when the blobs are gone, DENIED when read-only, UPSTREAM. */
    async restore(trashId: number, { actor, address }: Actor): Promise<RestoreResult> {
      if (isReadonly()) throw readonlyRefusal();
      const result = await restoreManifest({ client, trash, onRestore: own.addRestored }, trashId, actor);
      const { repository, digest, tags } = result;
      const object = `${repository}@${digest}`;
      await deps.audit({ actor, address, action: 'manifest.restore', object, outcome: 'ok', detail: { tags } });
      await onChanged(repository);
      return result;
    },
    /** To be called with every event, before the index hears of it. */
    notePush: putBack.notePush,
    /** Tags that left the registry outside of us go to the trash too. */
    keepGone: createGone({ db, trash, isOwnDigest: own.isOwnDigest, now }).keep,
    isOwnDigest: own.isOwnDigest,
    whoDeleted: own.whoDeleted,
    whoRestored: own.whoRestored,
    stop: resumption.stop,
  };
}
export type Deletion = ReturnType<typeof createDeletion>;

function readonlyRefusal(): AppError {
  return new AppError('DENIED', 'Registry Web is read-only (registry.readonly): nothing is changed through it.', {
    key: 'readonly',
  });
}
