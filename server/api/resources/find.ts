import type { Action } from '../../access/action.ts';
import { allowedActions } from '../../access/rights.ts';
import type { RepositoryRow, RepositoryStore } from '../../catalog/lists/repositories.ts';
import type { TagRow, TagStore } from '../../catalog/lists/tags.ts';
import { AppError } from '../../errors.ts';
import type { RequestContext } from '../route.ts';

export interface FindDeps {
  readonly repositories: Pick<RepositoryStore, 'find'>;
  readonly tags: Pick<TagStore, 'resolve'>;
}

/** Missing and hidden look the same. */
export function hidden(): AppError {
  return new AppError('NOT_FOUND', 'There is no such repository or image, or you may not see it.', {
    key: 'image_hidden',
  });
}

/** Whether the caller may do this to the repository, from where the request comes. */
export function may({ caller: { rights, address } }: RequestContext, action: Action, repository: string): boolean {
  return allowedActions(rights, repository, address).has(action);
}

/** @throws {AppError} NOT_FOUND when there is none, or the caller may not pull it. */
export async function findRepository(
  { repositories }: Pick<FindDeps, 'repositories'>,
  context: RequestContext,
  name: string,
): Promise<RepositoryRow> {
  const found = await repositories.find(await context.visibility(), name);
  if (found === undefined) throw hidden();
  return found;
}

/** @throws {AppError} NOT_FOUND as above, and when the repository has no such tag. */
export async function findTag(
  deps: FindDeps,
  context: RequestContext,
  params: { readonly repository: string; readonly tag: string },
): Promise<{ readonly repository: RepositoryRow; readonly tag: TagRow }> {
  const repository = await findRepository(deps, context, params.repository);
  const tag = await deps.tags.resolve(repository.id, params.tag);
  if (tag === undefined) throw hidden();
  return { repository, tag };
}
