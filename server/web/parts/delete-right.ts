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

/** Names the right that is missing, or the setting that forbids it for everybody; '' when the viewer may delete. */
export function whyNoDelete({ page, readonly, repository }: DeleteRule): string {
  if (readonly) return page.t('parts:delete.readonly');
  const allowed = allowedActions(page.viewer.rights, repository.name, page.origin.address);
  return allowed.has('delete') ? '' : page.t('parts:delete.missing_right', { repository: repository.name });
}
