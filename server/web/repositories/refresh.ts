import { setTimeout as sleep } from 'node:timers/promises';
import { allowedActions } from '../../access/rights.ts';
import { AppError, errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { referencePath } from '../parts/cells.ts';
import { mayPush } from '../parts/push-right.ts';
import { hidden, REFRESH_ROUTE, referenceOf } from '../parts/reference.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';

export interface RefreshPageDeps {
  /** Reads one repository from the registry. */
  readonly refresh: (repository: string) => Promise<void>;
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
      if ('tag' in reference || 'digest' in reference) throw hidden();
      const { repository } = reference;
      requireRefresh(page, repository);
      const key = await readAgain(deps, repository);
      page.redirect(referencePath(repository), { key, params: { repository } });
    });
  };
}

/** Of a large repository, or from a slow registry, the reading goes on behind the answer. */
async function readAgain({ refresh, log, waitMs = WAIT_MS }: RefreshPageDeps, repository: string): Promise<string> {
  const work = refresh(repository).then(
    () => 'parts:refresh.done',
    (error: unknown) => {
      log.warn({ repository, error: errorText(error) }, 'repository not read again');
      return 'parts:refresh.failed';
    },
  );
  return Promise.race([work, sleep(waitMs, 'parts:refresh.running', { ref: false })]);
}

/** @throws {AppError} NOT_FOUND where the viewer may not even see it, DENIED where only the right is missing. */
function requireRefresh(page: Page, repository: string): void {
  if (!page.viewer.rights.isAdmin && !allowedActions(page.viewer.rights, repository, page.origin.address).has('pull')) {
    throw hidden();
  }
  if (mayPush(page, repository)) return;
  throw new AppError('DENIED', `The right "push" on ${repository} is missing.`, {
    key: 'refresh_denied',
    params: { repository },
  });
}
