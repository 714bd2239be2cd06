import type { Rights } from '../../access/rights.ts';
import { allowedActions } from '../../access/rights.ts';
import type { Page } from '../shell/page.ts';

interface DeleteRule {
  readonly page: {
    readonly t: Page['t'];
    readonly viewer: { readonly rights: Rights };
    readonly origin: Page['origin'];
  };
  readonly readonly: boolean;
  readonly repository: { readonly name: string };
}

/** @returns why the viewer may not delete (a missing right, or read-only for everybody); '' when the viewer may. */
export function whyNoDelete({ page, readonly, repository }: DeleteRule): string {
  if (readonly) return page.t('parts:delete.readonly');
  const allowed = allowedActions(page.viewer.rights, repository.name, page.origin.address);
  return allowed.has('delete') ? '' : page.t('parts:delete.missing_right', { repository: repository.name });
}
