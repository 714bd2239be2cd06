import { allowedActions } from '../../access/rights.ts';
import type { Page } from '../shell/page.ts';

/** The right that also allows to refresh a repository and to edit its description. */
export function mayPush(page: Pick<Page, 'viewer' | 'origin'>, repository: string): boolean {
  const { rights } = page.viewer;
  return rights.isAdmin || allowedActions(rights, repository, page.origin.address).has('push');
}
