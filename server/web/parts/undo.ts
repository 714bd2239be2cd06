import { allowedActions } from '../../access/rights.ts';
import type { Deletion } from '../../housekeeping/deletion.ts';
import type { ImpersonalPage } from '../shell/page.ts';
import { shortDigest } from './cells.ts';

export interface Undo {
  readonly text: string;
  readonly action: string;
}

export interface UndoDeps {
  readonly deletion: { readonly trash: Pick<Deletion['trash'], 'get' | 'batchOf'> };
}

/** The undo offer of `?undo=ID`, to which a deletion redirects; null for viewers who may not delete. */
export async function readUndo(deps: UndoDeps, page: ImpersonalPage): Promise<Undo | null> {
  const id = parseTrashId(page.query('undo'));
  const item = id === undefined ? undefined : await deps.deletion.trash.get(id);
  if (id === undefined || item === undefined || item.restoredAt !== undefined) return null;
  if (!allowedActions(page.viewer.rights, item.repository, page.origin.address).has('delete')) return null;
  const batch = await deps.deletion.trash.batchOf(id);
  const names = batch.flatMap(({ tags, digest }) => (tags.length > 0 ? tags : [shortDigest(digest)]));
  const text = page.t('parts:delete.undo_text', { tags: shortened(names, page), repository: item.repository });
  return { text, action: page.url(`/trash/${id}/undo`) };
}

const NAMES_SHOWN = 10;

function shortened(names: readonly string[], { t, format }: ImpersonalPage): string {
  const tags = names.slice(0, NAMES_SHOWN).join(', ');
  const more = names.length - NAMES_SHOWN;
  return more > 0 ? t('housekeeping:undo_more', { tags, more: format.number(more) }) : tags;
}

/** @returns undefined for anything that is not the id of a trash entry. */
export function parseTrashId(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
