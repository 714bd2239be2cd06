import { z } from 'zod';
import type { RepositoryRow } from '../../catalog/repositories.ts';
import type { TagStore } from '../../catalog/tags.ts';
import { AppError } from '../../errors.ts';
import type { Deletion } from '../../housekeeping/deletion.ts';
import { isDigest } from '../../registry/reference.ts';
import { referencePath, shortDigest } from '../browse/cells.ts';
import { requireDelete, whyNoDelete } from '../browse/delete-right.ts';
import { keyPager } from '../browse/pager.ts';
import { repositoryFrame } from '../browse/repository-head.ts';
import { listOf } from '../form.ts';
import type { Page } from '../page.ts';

export interface DeleteTagsDeps {
  readonly readonly: boolean;
  readonly tags: Pick<TagStore, 'flat'>;
  readonly deletion: Pick<Deletion, 'deleteTag'>;
}

/** What became of one tag: reported only once the registry confirmed it. */
export interface DeletedTag {
  readonly tag: string;
  readonly isDone: boolean;
  readonly text: string;
  /** null: nothing to undo. */
  readonly undoAction: string | null;
}

const PAGE_ROWS = 50;

/** Several tags of a repository at once; which, is chosen here. */
export async function showDeleteTags(
  deps: DeleteTagsDeps,
  page: Page,
  repository: RepositoryRow,
  results: readonly DeletedTag[] = [],
): Promise<void> {
  const { name } = repository;
  const path = referencePath(name);
  const after = page.query('after') || undefined;
  const filter = page.query('filter').trim().slice(0, 255);
  const query = { sort: 'pushed', direction: 'asc', after, filter, limit: PAGE_ROWS } as const;
  const { rows, next } = await deps.tags.flat(repository.id, query);
  const { live: _, ...frame } = repositoryFrame(page, repository, page.t('repository:delete.crumb'));
  await page.render('repository-delete', {
    ...frame,
    ...{ name, results, filter },
    action: page.urlWith({}),
    filterAction: page.url(`${path}/-/delete`),
    backHref: page.url(path),
    deleteNote: whyNoDelete({ page, readonly: deps.readonly, repository }),
    rows: rows.map((row) => ({
      tag: row.name,
      value: `${row.name}@${row.digest}`,
      shortDigest: shortDigest(row.digest),
      digest: row.digest,
      size: page.format.bytes(row.sizeBytes),
      pushedAt: row.pushedAt,
      pulledAt: row.lastPulledAt,
    })),
    pager: keyPager(page, rows.length, next),
  });
}

const schema = z.strictObject({
  tag: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform(listOf),
});

/** One after the other, each with its own outcome: a tag that moved meanwhile stays, and the others go. */
export async function deleteTags(deps: DeleteTagsDeps, page: Page, repository: RepositoryRow): Promise<void> {
  requireDelete({ page, readonly: deps.readonly, repository });
  const form = page.parseForm(schema);
  const chosen = form.ok ? form.values.tag.map(parseChosen) : [];
  if (!form.ok || chosen.length > PAGE_ROWS || chosen.includes(undefined)) {
    throw new AppError('INVALID', 'This form is not complete.', { key: 'form.invalid' });
  }
  const results: DeletedTag[] = [];
  for (const one of chosen) {
    if (one !== undefined) results.push(await deleteOne(deps, page, { ...one, repository: repository.name }));
  }
  await showDeleteTags(deps, page, repository, results);
}

interface Chosen {
  readonly tag: string;
  readonly digest: string;
}

/** `v1@sha256:…`: the digest that was on the page when the tag was chosen. */
function parseChosen(text: string): Chosen | undefined {
  const at = text.indexOf('@');
  const [tag, digest] = [text.slice(0, at), text.slice(at + 1)];
  return at > 0 && isDigest(digest) ? { tag, digest } : undefined;
}

async function deleteOne(
  { deletion }: DeleteTagsDeps,
  page: Page,
  { tag, digest, repository }: Chosen & { readonly repository: string },
): Promise<DeletedTag> {
  const who = { actor: page.viewer.subject.name, address: page.origin.address };
  try {
    const { trashId, pushedAgain } = await deletion.deleteTag({ repository, tag, digest, alsoManifest: false, ...who });
    const values = { tag, repository };
    const text = pushedAgain ? page.t('browse:delete.pushed_again', values) : page.t('browse:delete.done', values);
    return { tag, isDone: true, text, undoAction: page.url(`/trash/${trashId}/restore`) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { tag, isDone: false, text: page.errorText(error), undoAction: null };
  }
}
