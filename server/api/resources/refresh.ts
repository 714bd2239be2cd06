import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { allowedActions } from '../../access/rights.ts';
import { AppError } from '../../errors.ts';
import { repositoryName, repositoryParam } from '../fields.ts';
import { type ApiRoute, type RequestContext, route } from '../route.ts';
import { hidden } from './find.ts';

export interface RefreshRoutesDeps {
  /** Reads one repository from the registry. */
  readonly refresh: (repository: string) => Promise<void>;
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

/** Also for a repository that the index does not know yet: its events may never have arrived. */
export function refreshRoutes({ refresh }: RefreshRoutesDeps): readonly ApiRoute[] {
  const refreshOnce = createOnce(refresh);
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
        requireRefresh(context, repository);
        const work = refreshOnce(repository).then(() => true);
        // What fails behind the answer is in the log already.
        work.catch(() => undefined);
        return { repository, finished: await Promise.race([work, sleep(WAIT_MS, false, { ref: false })]) };
      },
    }),
  ];
}

/** @throws {AppError} NOT_FOUND where the caller may not even see it, DENIED where only the right is missing. */
function requireRefresh({ caller: { rights, address } }: RequestContext, repository: string): void {
  const allowed = allowedActions(rights, repository, address);
  if (!allowed.has('pull')) throw hidden();
  if (allowed.has('push')) return;
  throw new AppError('DENIED', `The right "push" on ${repository} is missing.`, {
    key: 'refresh_denied',
    params: { repository },
  });
}

/** Who asks while it runs waits for that: asking often costs the registry no more. */
function createOnce(work: (name: string) => Promise<void>): (name: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  return (name) => {
    const already = running.get(name);
    if (already !== undefined) return already;
    const begun = work(name).finally(() => running.delete(name));
    running.set(name, begun);
    return begun;
  };
}
