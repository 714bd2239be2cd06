import type { IndexState } from '../../operations/facts.ts';
import type { Page } from '../shell/page.ts';

/** How old a list is, where the registry reports nothing and so has to be asked. */
export interface ListAge {
  /** What was read: a repository, or `*` for their list. */
  readonly of: string;
  readonly label: string;
  readonly at: number;
  /** What would make it instant, for who can do that. */
  readonly hint: { readonly text: string; readonly href: string; readonly link: string } | null;
}

export type ListAgePage = Pick<Page, 't' | 'url' | 'viewer' | 'authEnabled'>;

/** @param repository whose tags are listed; left out: repositories are. */
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

/** A registry that we configure needs no lines: what keeps its events away is on the status page. */
function hintFor({ t, url, viewer, authEnabled }: ListAgePage, isOurs: boolean): ListAge['hint'] {
  const text = t('parts:list.age.hint');
  const { isAdmin, isAuditor } = viewer.rights;
  if (isAdmin && authEnabled && !isOurs)
    return { text, href: url('/connect#registry'), link: t('parts:list.age.connect') };
  if (isAdmin || isAuditor || !authEnabled)
    return { text, href: url('/status#notifications'), link: t('parts:list.age.status') };
  return null;
}
