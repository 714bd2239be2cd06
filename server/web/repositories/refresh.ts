import { setTimeout as sleep } from 'node:timers/promises';
import { notFoundOrHidden } from '../../access/actor.ts';
import type { ReadingUseCases } from '../../catalog/use-cases/reading.ts';
import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { referencePath } from '../parts/cells.ts';
import { REFRESH_ROUTE, referenceOf } from '../parts/reference.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';

export interface RefreshPageDeps {
  readonly reading: Pick<ReadingUseCases, 'refresh'>;
  readonly log: Logger;
  /** For tests: how long the answer waits for the registry. */
  readonly waitMs?: number;
}

const WAIT_MS = 3000;

/** "Read again" on the page of a repository: for who may push there, because it costs the registry something. */
export function refreshPage(deps: RefreshPageDeps): PageModule {
  return (routes) => {
    routes.post(REFRESH_ROUTE, 'browse', async (page, request) => {
      const reference = referenceOf(request.params[0] ?? '');
      if ('tag' in reference || 'digest' in reference) throw notFoundOrHidden();
      const { repository } = reference;
      const { finished } = deps.reading.refresh(actorOf(page), repository);
      const key = await readAgain(deps, repository, finished);
      page.redirect(referencePath(repository), { key, params: { repository } });
    });
  };
}

/** A large repository or a slow registry is read on in the background after the answer. */
async function readAgain(
  { log, waitMs = WAIT_MS }: RefreshPageDeps,
  repository: string,
  finished: Promise<void>,
): Promise<string> {
  const work = finished.then(
    () => 'parts:refresh.done',
    (error: unknown) => {
      log.warn({ repository, error: errorText(error) }, 'repository not read again');
      return 'parts:refresh.failed';
    },
  );
  return Promise.race([work, sleep(waitMs, 'parts:refresh.running', { ref: false })]);
}
