import { allowedActions } from '../../access/rights.ts';
import type { Page } from '../shell/page.ts';

/** Who may push may also have a repository read again, and write what it is. */
export function mayPush(page: Pick<Page, 'viewer' | 'origin'>, repository: string): boolean {
  const { rights } = page.viewer;
  return rights.isAdmin || allowedActions(rights, repository, page.origin.address).has('push');
}
