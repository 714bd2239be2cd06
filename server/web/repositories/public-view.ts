/** Whether everybody may pull, for the head of a repository and of a folder; for who may grant, with the switch. */
import type { PublicAccess, PublicState, PublicTarget } from '../../access/public.ts';
import { type ReasonCells, ruleReason } from '../parts/access-view.ts';
import { referencePath } from '../parts/cells.ts';
import { mayManage } from '../parts/people.ts';
import type { Page } from '../shell/page.ts';

export interface PublicViewDeps {
  readonly publicAccess: Pick<PublicAccess, 'state'>;
}

export interface PublicView {
  readonly isPublic: boolean;
  /** null for who may not grant. */
  readonly control: PublicControl | null;
}

export interface PublicControl {
  readonly action: string;
  /** What goes along with the switch: where to come back to, and which folder is meant. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly text: string;
  /** Public by other rules, which the switch cannot change. */
  readonly isLocked: boolean;
  readonly wider: readonly ReasonCells[];
  readonly limited: readonly ReasonCells[];
}

export const PUBLIC_FOLDER_PATH = '/repositories/-/public';

type PublicPage = Pick<Page, 't' | 'url' | 'viewer' | 'format' | 'authEnabled'>;

/** @param tab of the repository, to come back to. @returns null without authentication: everything is public then. */
export async function readPublic(
  { publicAccess }: PublicViewDeps,
  page: PublicPage,
  target: PublicTarget,
  tab = '',
): Promise<PublicView | null> {
  if (!page.authEnabled) return null;
  return publicView(await publicAccess.state(target), page, target, tab);
}

export function publicView(state: PublicState, page: PublicPage, target: PublicTarget, tab = ''): PublicView {
  const { isPublic } = state;
  return { isPublic, control: mayManage(page) ? controlOf(state, page, target, tab) : null };
}

function controlOf(state: PublicState, page: PublicPage, { kind, name }: PublicTarget, tab: string): PublicControl {
  const { t, url } = page;
  const isFolder = kind === 'folder';
  return {
    action: url(isFolder ? PUBLIC_FOLDER_PATH : `${referencePath(name)}/-/public`),
    fields: isFolder ? [{ name: 'folder', value: name }] : [{ name: 'tab', value: tab }],
    text: isFolder ? t('repositories:public.folder', { folder: name }) : t('repositories:public.repository', { name }),
    isLocked: state.wider.length > 0,
    wider: state.wider.map((rule) => ruleReason(rule, page)),
    limited: state.limited.map((rule) => ruleReason(rule, page)),
  };
}
