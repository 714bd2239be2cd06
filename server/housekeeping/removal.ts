import { randomUUID } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { RegistryClient, StoredManifest } from '../registry/client/client.ts';
import type { Journal, Operation } from './journal.ts';
import { makeThrowaway } from './throwaway.ts';

export type DeletingClient = Pick<
  RegistryClient,
  'headManifest' | 'getManifest' | 'putManifest' | 'uploadBlob' | 'deleteManifest' | 'tags'
>;

export interface RemovalDeps {
  readonly client: DeletingClient;
  readonly journal: Journal;
  /** Called with the operation once its throw-away manifest is known and journalled. */
  readonly onThrowaway: (operation: Operation) => void;
}

type Confirmed = Pick<Operation, 'repository' | 'tag' | 'digest'>;
type Content = Pick<StoredManifest, 'mediaType' | 'raw'>;

/**
 * The steps of a deletion at the registry. Each is verified by another request, because "202 Accepted" does not prove
 * it.
 */
export function createRemoval({ client, journal, onThrowaway }: RemovalDeps) {
  /** @throws {AppError} NOT_FOUND when the tag is gone, CONFLICT when it moved since the person saw it. */
  async function requireUnmoved({ repository, tag, digest }: Confirmed): Promise<void> {
    const there = await client.headManifest(repository, tag);
    if (there === undefined) {
      throw new AppError('NOT_FOUND', `The tag ${tag} is gone already.`, { key: 'tagGone', params: { tag } });
    }
    if (there.digest !== digest) {
      throw conflict('tagMoved', `The tag ${tag} points to another image by now. Look at it again.`, { tag });
    }
  }

  /** @returns the digest the tag has now if somebody pushed it meanwhile, else undefined. */
  async function confirmGone({ repository, tag, digest }: Confirmed): Promise<string | undefined> {
    const there = await client.headManifest(repository, tag);
    if (there?.digest === digest) throw unconfirmed(tag);
    return there?.digest;
  }

  async function deleteByThrowaway(planned: Operation, manifest: Content): Promise<string | undefined> {
    const throwaway = makeThrowaway(randomUUID());
    const operation = { ...planned, throwawayDigest: throwaway.digest };
    onThrowaway(operation);
    await journal.setThrowaway(operation.id, throwaway.digest);
    await client.uploadBlob(operation.repository, throwaway.config);
    await requireUnmoved(operation);
    try {
      await client.putManifest(operation.repository, operation.tag, throwaway.mediaType, throwaway.raw);
      await journal.advance(operation.id, 'pushed');
      await removeThrowaway(operation);
      return await confirmGone(operation);
    } catch (error) {
      await undo(operation, manifest);
      throw error;
    }
  }

  async function removeThrowaway({ id, repository, throwawayDigest = '' }: Operation): Promise<void> {
    await journal.advance(id, 'repointed');
    await client.deleteManifest(repository, throwawayDigest);
    if ((await client.headManifest(repository, throwawayDigest)) !== undefined) throw unconfirmed(throwawayDigest);
  }

  async function deleteManifest(repository: string, digest: string): Promise<void> {
    await client.deleteManifest(repository, digest);
    if ((await client.headManifest(repository, digest)) !== undefined) throw unconfirmed(digest);
  }

  /**
   * @throws {AppError} that `isUnfinished` recognises when the registry does not answer: the journal keeps the
   * operation for later.
   */
  async function undo(operation: Operation, manifest: Content): Promise<void> {
    const { repository, tag, throwawayDigest } = operation;
    try {
      const there = await client.headManifest(repository, tag);
      if (there?.digest === throwawayDigest)
        await client.putManifest(repository, tag, manifest.mediaType, manifest.raw);
    } catch (cause) {
      throw unfinished(tag, cause);
    }
  }

  return {
    requireUnmoved,
    removeThrowaway,
    undo,
    deleteManifest,
    /** Deletes the manifest and with it the tag. */
    async deleteWhole(operation: Operation): Promise<string | undefined> {
      await requireUnmoved(operation);
      await deleteManifest(operation.repository, operation.digest);
      return confirmGone(operation);
    },
    /** @param manifest The manifest of the tag, for undoing. */
    async deleteOnlyTag(operation: Operation, manifest: Content): Promise<string | undefined> {
      await requireUnmoved(operation);
      const outcome = await client.deleteManifest(operation.repository, operation.tag);
      // Registry 2.x cannot delete a tag. A registry with deletion disabled has refused above, with nothing changed.
      return outcome === 'tag-unsupported' ? deleteByThrowaway(operation, manifest) : confirmGone(operation);
    },
  };
}

/** A CONFLICT error; returned, not thrown. */
export function conflict(key: string, message: string, params: Readonly<Record<string, string>> = {}): AppError {
  return new AppError('CONFLICT', message, { key, params });
}

function unconfirmed(reference: string): AppError {
  return new AppError('UPSTREAM', `The registry accepted the deletion of ${reference} but still shows it.`, {
    key: 'deletionUnconfirmed',
    params: { reference },
  });
}

const UNFINISHED = 'deletionUnfinished';

function unfinished(tag: string, cause: unknown): AppError {
  const message = `The registry stopped answering in the middle of deleting ${tag}; the deletion continues as soon as it answers.`;
  return new AppError('UPSTREAM', message, { key: UNFINISHED, params: { tag }, cause });
}

/** Whether the deletion was interrupted and will be finished later. */
export function isUnfinished(error: unknown): boolean {
  return error instanceof AppError && error.key === UNFINISHED;
}
