import { AppError } from '../errors.ts';
import type { RegistryClient } from '../registry/client/client.ts';
import type { Trash, TrashedManifest } from './trash.ts';

export interface RestoreResult {
  readonly repository: string;
  readonly digest: string;
  readonly tags: readonly string[];
  /** Tags that point to another manifest by now; they are not changed. */
  readonly taken: readonly string[];
}

interface RestoreDeps {
  readonly client: Pick<RegistryClient, 'headManifest' | 'putManifest'>;
  readonly trash: Trash;
  /** Called before the request, because the registry's event may arrive before its answer. */
  readonly onRestore: (restored: { repository: string; tag: string | null; digest: string; actor: string }) => void;
}

/**
 * Pushes a manifest from the trash again, under its tags. Who pushed it, when, and its pulls come back from the tag
 * history.
 * @throws {AppError} NOT_FOUND, CONFLICT when its blobs are gone, UPSTREAM.
 */
export async function restoreManifest(
  { client, trash, onRestore }: RestoreDeps,
  id: number,
  actor: string,
): Promise<RestoreResult> {
  const item = await trash.get(id);
  if (item === undefined) throw new AppError('NOT_FOUND', 'This is not in the trash.', { key: 'trashUnknown' });
  const { repository, digest } = item;
  const tags: string[] = [];
  const taken: string[] = [];
  for (const tag of item.tags) {
    const there = await client.headManifest(repository, tag);
    if (there === undefined) {
      onRestore({ repository, tag, digest, actor });
      await put(client, item, tag);
    }
    (there === undefined || there.digest === digest ? tags : taken).push(tag);
  }
  // Also when all of its tags exist again: the image is then restored by digest only.
  if (tags.length === 0) {
    onRestore({ repository, tag: null, digest, actor });
    await put(client, item, digest);
  }
  await trash.markRestored(id, actor);
  return { repository, digest, tags, taken };
}

async function put(client: RestoreDeps['client'], item: TrashedManifest, reference: string): Promise<void> {
  try {
    await client.putManifest(item.repository, reference, item.mediaType, item.raw);
  } catch (error) {
    const refused = error instanceof AppError && [400, 404].includes(Number(error.params['status']));
    if (!refused) throw error;
    throw new AppError(
      'CONFLICT',
      'The registry refused to take the manifest back: its layers were removed by garbage collection.',
      { key: 'trashBlobsGone', cause: error },
    );
  }
}
