import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ReadingUseCases } from '../../catalog/use-cases/reading.ts';
import { repositoryName, repositoryParam } from '../fields.ts';
import { type ApiRoute, route } from '../route.ts';
import { actorOf } from './find.ts';

export interface RefreshRoutesDeps {
  readonly reading: Pick<ReadingUseCases, 'refresh'>;
}

const WAIT_MS = 10_000;

const refreshSchema = z
  .strictObject({
    repository: repositoryName,
    finished: z
      .boolean()
      .meta({ description: 'False: it is large, and is read behind this answer.', examples: [true] }),
  })
  .meta({ id: 'Refresh' });

/** Also for repositories that the index does not know: their events may never have arrived. */
export function refreshRoutes({ reading }: RefreshRoutesDeps): readonly ApiRoute[] {
  return [
    route({
      method: 'POST',
      path: '/repositories/{repository}/-/refresh',
      id: 'refreshRepository',
      policy: 'browse',
      group: 'Repositories',
      summary: 'Refresh a repository',
      description:
        'Events keep the index fresh by themselves. Needs the right `push` there, because it costs the registry something.',
      params: z.strictObject({ repository: repositoryParam }),
      response: refreshSchema,
      handler: async ({ params: { repository } }, context) => {
        const work = reading.refresh(actorOf(context), repository).finished.then(() => true);
        // A failure after the response is already logged.
        work.catch(() => undefined);
        return { repository, finished: await Promise.race([work, sleep(WAIT_MS, false, { ref: false })]) };
      },
    }),
  ];
}
