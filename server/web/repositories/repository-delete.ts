import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { TagStore } from '../../catalog/lists/tags.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import { whyNoDelete } from '../parts/delete-right.ts';
import { keyPager } from '../parts/pager.ts';
import type { Page } from '../shell/page.ts';
import { repositoryFrame } from './repository-head.ts';

export interface DeleteTagsDeps {
  readonly readonly: boolean;
  readonly tags: Pick<TagStore, 'flat'>;
}

const PAGE_ROWS = 50;

/** Several tags of a repository at once: which, is chosen here; the preview comes next. */
export async function showDeleteTags(deps: DeleteTagsDeps, page: Page, repository: RepositoryRow): Promise<void> {
  const { name } = repository;
  const path = referencePath(name);
  const after = page.query('after') || undefined;
  const filter = page.query('filter').trim().slice(0, 255);
  const query = { sort: 'pushed', direction: 'asc', after, filter, limit: PAGE_ROWS } as const;
  const { rows, next } = await deps.tags.flat(repository.id, query);
  const { live: _, ...frame } = repositoryFrame(page, repository, page.t('repositories:delete.crumb'));
  await page.render('repositories/repository-delete', {
    ...frame,
    ...{ name, filter },
    action: page.url(`${path}/-/selection`),
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
