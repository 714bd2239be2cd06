import { notFoundOrHidden } from '../../access/actor.ts';
import { allowedActions } from '../../access/rights.ts';
import type { TrashItem } from '../../housekeeping/trash.ts';
import { shortDigest } from '../parts/cells.ts';
import { whyNoDelete } from '../parts/delete-right.ts';
import type { Page } from '../shell/page.ts';
import { repositoryFrame } from './repository-head.ts';

export interface GoneDeps {
  readonly readonly: boolean;
  readonly deletion: { readonly trash: { readonly list: (repository?: string) => Promise<readonly TrashItem[]> } };
}

/**
 * The page of a deleted repository: its entries in the trash and how to restore them. For names that the viewer may not pull, or
 * that have no entries, the answer is the same NOT_FOUND.
 *
 * @throws {AppError} NOT_FOUND
 */
export async function showGone({ readonly, deletion }: GoneDeps, page: Page, name: string): Promise<void> {
  if (!allowedActions(page.viewer.rights, name, page.origin.address).has('pull')) throw notFoundOrHidden();
  const items = await deletion.trash.list(name);
  const [latest] = items;
  if (latest === undefined) throw notFoundOrHidden();
  const deleteNote = whyNoDelete({ page, readonly, repository: { name } });
  const model = {
    ...repositoryFrame(page, { name }),
    ...{ name, deleteNote },
    goneAt: latest.deletedAt,
    goneBy: latest.deletedBy,
    items: items.map((item) => ({
      tags: item.tags,
      digest: item.digest,
      shortDigest: shortDigest(item.digest),
      deletedAt: item.deletedAt,
      deletedBy: item.deletedBy,
      undoAction: deleteNote === '' ? page.url(`/trash/${item.id}/restore`) : null,
    })),
  };
  await page.render('repositories/repository-gone', model, 404);
}
