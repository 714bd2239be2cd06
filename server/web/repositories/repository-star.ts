import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { Stars } from '../../catalog/lists/stars.ts';
import { AppError } from '../../errors.ts';
import { referencePath } from '../parts/cells.ts';
import type { Page } from '../shell/page.ts';
import { REPOSITORY_TABS, tabPath } from './repository-head.ts';

export interface StarDeps {
  readonly stars: Pick<Stars, 'star' | 'unstar' | 'isStarred' | 'count'>;
}

/** A star on or off, and back to the tab that was open. */
export async function setStar({ stars }: StarDeps, page: Page, { name }: RepositoryRow, isOn: boolean): Promise<void> {
  const userId = page.viewer.user?.id;
  if (userId === undefined) {
    throw new AppError('DENIED', 'Stars belong to accounts: sign in first.', { key: 'star_needs_account' });
  }
  if (isOn) await stars.star(userId, name);
  else await stars.unstar(userId, name);
  const tab = REPOSITORY_TABS.find((known) => known === page.body.tab);
  page.redirect(tab === undefined ? referencePath(name) : tabPath(name, tab));
}
