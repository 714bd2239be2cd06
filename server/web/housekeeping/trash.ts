/** The trash of one repository, or of all that the viewer may see; entries are restored one by one or together. */

import { z } from 'zod';
import { notFoundOrHidden } from '../../access/actor.ts';
import { allowedActions } from '../../access/rights.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import { AppError } from '../../errors.ts';
import type { Deletion } from '../../housekeeping/deletion.ts';
import type { RestoreResult } from '../../housekeeping/restore.ts';
import type { TrashRow } from '../../housekeeping/trash-list.ts';
import type { DeletionUseCases, RestoredEntry } from '../../housekeeping/use-cases/deletion.ts';
import { referencePath, shortDigest, splitName } from '../parts/cells.ts';
import { whyNoDelete } from '../parts/delete-right.ts';
import { kindName } from '../parts/labels.ts';
import { dateCell, type TimeCell, timeCell } from '../parts/list-cells.ts';
import { listPager, totalText } from '../parts/pager.ts';
import { repositoryRoute } from '../parts/reference.ts';
import { countedTexts } from '../parts/selection.ts';
import { parseTrashId } from '../parts/undo.ts';
import { type RepositoryHeadDeps, readOwnHead, repositoryFrame, tabPath } from '../repositories/repository-head.ts';
import { type FindDeps, findAsked } from '../repositories/repository-tabs.ts';
import { listOf } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';

export interface TrashPageDeps extends FindDeps, Omit<RepositoryHeadDeps, 'deletion'> {
  readonly deletion: {
    readonly trash: Pick<Deletion['trash'], 'get' | 'batchOf' | 'page' | 'count' | 'keepMs'>;
  };
  readonly deleting: Pick<DeletionUseCases, 'restore' | 'restoreEach' | 'undo'>;
}

export interface TrashCells {
  readonly id: number;
  readonly folder: string;
  readonly leaf: string;
  readonly repositoryHref: string;
  readonly tags: readonly string[];
  readonly digest: string;
  readonly shortDigest: string;
  readonly kind: string;
  readonly size: string;
  /** What was deleted along with it; '' for nothing. */
  readonly parts: string;
  readonly deleted: TimeCell | null;
  /** When it is removed for good; null: it cannot be restored any more. */
  readonly until: TimeCell | null;
  /** Who deleted it; '' when it was not deleted through us. */
  readonly by: string;
  /** Why it cannot be restored; '' when it can. */
  readonly note: string;
  readonly choose: string;
  readonly restoreAction: string;
  readonly restoreLabel: string;
}

const PAGE_ROWS = 50;
const MAX_RESTORED = 100;
const PATH = '/housekeeping/trash';

const restoreSchema = z.strictObject({
  entry: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform(listOf),
  repository: z.string().max(255).optional(),
});

export function trashPage(deps: TrashPageDeps): PageModule {
  return (routes) => {
    routes.get('/housekeeping', 'browse', (page) => page.redirect(PATH));
    routes.get(PATH, 'browse', async (page) => {
      await page.render('housekeeping/trash', await trashView(deps, page, undefined));
    });
    routes.get(repositoryRoute('trash'), 'browse', async (page, { params }) => {
      const { repository } = await findAsked(deps, page, params[0] ?? '');
      await page.render('housekeeping/trash', await trashView(deps, page, repository));
    });
    routes.post(`${PATH}/restore`, 'browse', (page) => restoreChosen(deps, page));
    routes.post('/trash/:id/restore', 'browse', (page, { params }) => restoreOne(deps, page, String(params.id)));
    routes.post('/trash/:id/undo', 'browse', (page, { params }) => undo(deps, page, String(params.id)));
  };
}

async function trashView(
  deps: TrashPageDeps,
  page: Page,
  repository: RepositoryRow | undefined,
  failures: readonly string[] = [],
) {
  const filter = page.query('filter').replaceAll('\0', '').trim().slice(0, 255);
  const found = await deps.deletion.trash.page({
    ...{ repository: repository?.name, filter, after: page.query('after'), limit: PAGE_ROWS },
    maySee: (name) => allowedActions(page.viewer.rights, name, page.origin.address).has('pull'),
  });
  const head = repository === undefined ? null : await readOwnHead(deps, page, { repository, tab: 'trash' });
  const path = repository === undefined ? PATH : tabPath(repository.name, 'trash');
  return {
    ...frameOf(page, repository),
    ...{ head, filter, failures },
    filterAction: page.url(path),
    rows: found.rows.map((row) => trashCells(row, deps, page)),
    pager: listPager(page, {
      ...{ shown: found.rows.length, next: found.next, previous: found.previous, pageRows: PAGE_ROWS },
      total: totalText(found, page.format),
    }),
    bar: {
      action: page.url(`${PATH}/restore`),
      repository: repository?.name ?? '',
      ...countedTexts(page),
      rowOne: page.t('housekeeping:bar.image', { count: 1, n: '{n}' }),
      rowOther: page.t('housekeeping:bar.image', { count: 2, n: '{n}' }),
    },
  };
}

function frameOf(page: Page, repository: RepositoryRow | undefined) {
  const title = page.t('housekeeping:trash.title');
  if (repository !== undefined) return repositoryFrame(page, repository, page.t('repositories:tab.trash'));
  return { title, nav: 'trash', live: '*', crumbs: [{ text: title }] };
}

export interface TrashCellsDeps extends Pick<TrashPageDeps, 'readonly'> {
  readonly deletion: { readonly trash: Pick<Deletion['trash'], 'keepMs'> };
}

export function trashCells(
  row: TrashRow,
  { readonly, deletion }: TrashCellsDeps,
  page: Pick<Page, 't' | 'format' | 'url' | 'viewer' | 'origin'>,
): TrashCells {
  const { t, format, url } = page;
  const short = shortDigest(row.digest);
  const gone = row.unrestorableAt === undefined ? '' : t('housekeeping:trash.unrestorable');
  return {
    id: row.id,
    ...splitName(row.repository),
    repositoryHref: url(referencePath(row.repository)),
    tags: row.tags,
    digest: row.digest,
    shortDigest: short,
    kind: kindName(row.kind, t),
    size: row.contentBytes === 0 ? '' : format.bytes(row.contentBytes),
    parts:
      row.partCount === 0
        ? ''
        : t('housekeeping:trash.parts', { count: row.partCount, formatted: format.number(row.partCount) }),
    deleted: timeCell(row.deletedAt, page),
    until: gone === '' ? dateCell(row.deletedAt + deletion.trash.keepMs, page) : null,
    by: row.deletedBy,
    note: gone || whyNoDelete({ page, readonly, repository: { name: row.repository } }),
    choose: t('housekeeping:trash.choose', { name: row.tags.join(', ') || short }),
    restoreAction: url(`/trash/${row.id}/restore`),
    restoreLabel: t('repositories:gone.undo', { tags: row.tags.join(', ') || short }),
  };
}

async function restoreOne(deps: TrashPageDeps, page: Page, text: string): Promise<void> {
  const id = parseTrashId(text);
  if (id === undefined) throw notFoundOrHidden();
  goBack(page, await deps.deleting.restore(actorOf(page), id));
}

/** Redirects to the repository with a message that names the tags. */
function goBack(page: Page, { repository, tags, taken }: RestoreResult): void {
  const key = taken.length > 0 ? 'parts:delete.restored_some' : 'parts:delete.restored';
  const params = { repository, tags: tags.join(', '), taken: taken.join(', ') };
  page.redirect(referencePath(repository), { key, params });
}

/** Restores everything that one deletion removed; the message names one image, or the number of several. */
async function undo(deps: TrashPageDeps, page: Page, text: string): Promise<void> {
  const id = parseTrashId(text);
  if (id === undefined) throw notFoundOrHidden();
  const { repository, entries } = await deps.deleting.undo(actorOf(page), id);
  const [entry, ...more] = entries;
  if (entry === undefined || more.length > 0) return showRestored(deps, page, entries, referencePath(repository));
  if (entry.error !== undefined) throw entry.error;
  goBack(page, entry.result);
}

async function restoreChosen(deps: TrashPageDeps, page: Page): Promise<void> {
  const form = page.parseForm(restoreSchema);
  const ids = form.ok ? form.values.entry.map(parseTrashId) : [];
  const known = ids.filter((id) => id !== undefined);
  if (!form.ok || known.length !== ids.length || known.length > MAX_RESTORED) {
    throw new AppError('INVALID', 'This form is not complete.', { key: 'form.invalid' });
  }
  const { repository = '' } = form.values;
  const entries = await deps.deleting.restoreEach(actorOf(page), known);
  await showRestored(deps, page, entries, repository === '' ? PATH : tabPath(repository, 'trash'));
}

/** Redirects with a message; entries that could not be restored are named. */
async function showRestored(
  deps: TrashPageDeps,
  page: Page,
  entries: readonly RestoredEntry[],
  path: string,
): Promise<void> {
  const failures = entries.flatMap(({ error }) => (error === undefined ? [] : [page.errorText(error)]));
  const count = entries.length - failures.length;
  const params = { count, formatted: page.format.number(count) };
  if (failures.length === 0) return page.redirect(path, { key: 'housekeeping:trash.restored', params });
  await page.render('housekeeping/trash', await trashView(deps, page, undefined, [...new Set(failures)]), 422);
}
