import { z } from 'zod';
import type { Stars } from '../../catalog/lists/stars.ts';
import type { SetStar } from '../../catalog/use-cases/stars.ts';
import { count, repositoryName, repositoryParam } from '../fields.ts';
import { type ApiRoute, type RequestContext, route } from '../route.ts';
import { actorOf, type FindDeps, findRepository } from './find.ts';

export interface StarRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly stars: Pick<Stars, 'count'>;
  readonly setStar: SetStar;
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
    await deps.setStar(actorOf(context), name, starred);
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
