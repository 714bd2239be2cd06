import { notFoundOrHidden } from '../../access/actor.ts';
import type { Images } from '../../catalog/images/images.ts';
import type { RepositoryRow, RepositoryStore } from '../../catalog/lists/repositories.ts';
import type { Documents } from '../../catalog/manifests/documents.ts';
import type { Visibility, VisibilityStore } from '../../catalog/visibility/visibility.ts';
import type { RepositoryPageDeps } from '../repositories/repository.ts';
import type { GoneDeps } from '../repositories/repository-gone.ts';

export interface ImagePageDeps extends Omit<RepositoryPageDeps, 'deletion'> {
  readonly deletion: RepositoryPageDeps['deletion'] & GoneDeps['deletion'];
  readonly host: string;
  readonly visibility: VisibilityStore;
  readonly repositories: Pick<RepositoryStore, 'find'>;
  readonly images: Pick<Images, 'detail' | 'holders' | 'partsOf' | 'newestTags'>;
  readonly documents: Pick<Documents, 'read' | 'glance'>;
}

/** @throws {AppError} NOT_FOUND when the repository does not exist or the viewer may not see it. */
export async function findVisible(
  deps: Pick<ImagePageDeps, 'repositories'>,
  seen: Visibility,
  name: string,
): Promise<RepositoryRow> {
  const row = await deps.repositories.find(seen, name);
  if (row === undefined) throw notFoundOrHidden();
  return row;
}
