import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { SetStar } from '../../catalog/use-cases/stars.ts';
import { referencePath } from '../parts/cells.ts';
import type { Page } from '../shell/page.ts';
import { actorOf } from '../shell/viewer.ts';
import { REPOSITORY_TABS, tabPath } from './repository-head.ts';

export interface StarDeps {
  readonly setStar: SetStar;
}

/** A star on or off, and back to the tab that was open. */
export async function starRepository(
  deps: StarDeps,
  page: Page,
  { name }: RepositoryRow,
  isOn: boolean,
): Promise<void> {
  await deps.setStar(actorOf(page), name, isOn);
  const tab = REPOSITORY_TABS.find((known) => known === page.body.tab);
  page.redirect(tab === undefined ? referencePath(name) : tabPath(name, tab));
}
