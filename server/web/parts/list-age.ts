import type { IndexState } from '../../operations/facts.ts';
import type { Page } from '../shell/page.ts';

/** When a list was read from the registry; shown only where no events arrive. */
export interface ListAge {
  /** A repository, or `*` for the list of repositories. */
  readonly of: string;
  readonly label: string;
  readonly at: number;
  /** How to set up events, for viewers who can do that; null for others. */
  readonly hint: { readonly text: string; readonly href: string; readonly link: string } | null;
}

export type ListAgePage = Pick<Page, 't' | 'url' | 'viewer' | 'authEnabled'>;

/** @param repository whose tags are listed; undefined for the list of repositories */
export function listAge(
  page: ListAgePage,
  { polled }: Pick<IndexState, 'polled'>,
  repository?: { readonly name: string; readonly checkedAt: number | null },
): ListAge | null {
  const { t } = page;
  if (polled === undefined) return null;
  const at = repository === undefined ? polled.listedAt : repository.checkedAt;
  if (at === null) return null;
  const label = repository === undefined ? t('parts:list.age.repositories') : t('parts:list.age.tags');
  return { of: repository?.name ?? '*', label, at, hint: hintFor(page, polled.isOurs) };
}

/** A registry that we configure needs no set-up; the status page tells why its events do not arrive. */
function hintFor({ t, url, viewer, authEnabled }: ListAgePage, isOurs: boolean): ListAge['hint'] {
  const text = t('parts:list.age.hint');
  const { isAdmin, isAuditor } = viewer.rights;
  if (isAdmin && authEnabled && !isOurs)
    return { text, href: url('/connect#registry'), link: t('parts:list.age.connect') };
  if (isAdmin || isAuditor || !authEnabled)
    return { text, href: url('/status#notifications'), link: t('parts:list.age.status') };
  return null;
}
