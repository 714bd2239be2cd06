import { z } from 'zod';
import type { Stars } from '../../catalog/lists/stars.ts';
import { AppError } from '../../errors.ts';
import { count, repositoryName, repositoryParam } from '../fields.ts';
import { type ApiRoute, type RequestContext, route } from '../route.ts';
import { type FindDeps, findRepository } from './find.ts';

export interface StarRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly stars: Pick<Stars, 'star' | 'unstar' | 'count'>;
}

const starSchema = z
  .strictObject({
    repository: repositoryName,
    starred: z.boolean().meta({ description: 'By the caller.', examples: [true] }),
    count: count.describe('By how many people.'),
  })
  .meta({ id: 'Star' });

const params = z.strictObject({ repository: repositoryParam });

export function starRoutes(deps: StarRoutesDeps): readonly ApiRoute[] {
  const { stars } = deps;
  const about = {
    path: '/repositories/{repository}/-/star',
    policy: 'signed-in',
    group: 'Repositories',
    params,
    response: starSchema,
  } as const;

  async function change(context: RequestContext, repository: string, starred: boolean) {
    const { name } = await findRepository(deps, context, repository);
    const userId = accountOf(context);
    if (starred) await stars.star(userId, name);
    else await stars.unstar(userId, name);
    return { repository: name, starred, count: await stars.count(name) };
  }

  return [
    route({
      ...about,
      method: 'PUT',
      id: 'starRepository',
      summary: 'Star a repository',
      description: 'A star of the caller. Twice is once.',
      handler: (input, context) => change(context, input.params.repository, true),
    }),
    route({
      ...about,
      method: 'DELETE',
      id: 'unstarRepository',
      summary: 'Unstar a repository',
      handler: (input, context) => change(context, input.params.repository, false),
    }),
  ];
}

/** @throws {AppError} DENIED where nobody signs in: a star belongs to an account. */
function accountOf({ caller: { rights } }: RequestContext): number {
  if (rights.subject.kind === 'user') return rights.subject.id;
  throw new AppError('DENIED', 'Stars belong to accounts: sign in first.', { key: 'star_needs_account' });
}
