import type { Action } from '../../access/action.ts';
import { type Actor, actorWith, mayAct, notFoundOrHidden } from '../../access/actor.ts';
import type { RepositoryRow, RepositoryStore } from '../../catalog/lists/repositories.ts';
import type { TagRow, TagStore } from '../../catalog/lists/tags.ts';
import type { RequestContext } from '../route.ts';

export interface FindDeps {
  readonly repositories: Pick<RepositoryStore, 'find'>;
  readonly tags: Pick<TagStore, 'resolve'>;
}

/** The caller, for use cases. */
export function actorOf({ caller: { rights, address } }: RequestContext): Actor {
  return actorWith(rights, address);
}

/** Whether the caller may do this, from the address of the request. */
export function may(context: RequestContext, action: Action, repository: string): boolean {
  return mayAct(actorOf(context), action, repository);
}

/** @throws {AppError} NOT_FOUND when the repository does not exist or the caller may not pull it. */
export async function findRepository(
  { repositories }: Pick<FindDeps, 'repositories'>,
  context: RequestContext,
  name: string,
): Promise<RepositoryRow> {
  const found = await repositories.find(await context.visibility(), name);
  if (found === undefined) throw notFoundOrHidden();
  return found;
}

/** @throws {AppError} NOT_FOUND like `findRepository`, and when the tag does not exist. */
export async function findTag(
  deps: FindDeps,
  context: RequestContext,
  params: { readonly repository: string; readonly tag: string },
): Promise<{ readonly repository: RepositoryRow; readonly tag: TagRow }> {
  const repository = await findRepository(deps, context, params.repository);
  const tag = await deps.tags.resolve(repository.id, params.tag);
  if (tag === undefined) throw notFoundOrHidden();
  return { repository, tag };
}
