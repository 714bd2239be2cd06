import { allowedActions } from '../../access/rule.ts';
import type { Deletion } from '../../housekeeping/deletion.ts';
import type { Page } from '../page.ts';

export interface Undo {
  readonly text: string;
  readonly action: string;
}

export interface UndoDeps {
  readonly deletion: { readonly trash: Pick<Deletion['trash'], 'get'> };
}

/** After a deletion the list comes with `?undo=ID`: the way back, for whoever could have deleted it. */
export async function readUndo(deps: UndoDeps, page: Page): Promise<Undo | null> {
  const id = parseTrashId(page.query('undo'));
  const item = id === undefined ? undefined : await deps.deletion.trash.get(id);
  if (id === undefined || item === undefined || item.restoredAt !== undefined) return null;
  if (!allowedActions(page.viewer.rights, item.repository, page.origin.address).has('delete')) return null;
  const text = page.t('browse:delete.undo_text', { tags: item.tags.join(', '), repository: item.repository });
  return { text, action: page.url(`/trash/${id}/restore`) };
}

export function parseTrashId(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
