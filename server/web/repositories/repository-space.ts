/** What one repository takes: unique, shared and reclaimable, over time, and its biggest images. */
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import type { TagPage, TagSort, TagStore } from '../../catalog/lists/tags.ts';
import type { RepositorySample } from '../../catalog/space/samples.ts';
import type { SpaceStore } from '../../catalog/space/space.ts';
import { type Column, parseSorting, type Sorting, shareOf, sortedColumn } from '../parts/cells.ts';
import type { Figure } from '../parts/figure.ts';
import { listPager, type Pager, totalText } from '../parts/pager.ts';
import { repositoryRoute } from '../parts/reference.ts';
import { DAY_MS, MAX_DAYS, overTime, readDays, type SpaceTime } from '../parts/space-time.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import {
  type RepositoryHead,
  type RepositoryHeadDeps,
  readOwnHead,
  repositoryFrame,
  tabName,
  tabPath,
} from './repository-head.ts';
import { type FindDeps, findAsked } from './repository-tabs.ts';
import { groupCells, type TagCells } from './tag-groups.ts';

export interface RepositorySpaceDeps extends FindDeps, RepositoryHeadDeps {
  readonly tags: Pick<TagStore, 'groups'>;
  readonly space: Pick<SpaceStore, 'repositorySeries' | 'uniqueOf' | 'total'>;
  readonly now: () => number;
}

export interface RepositorySpaceView extends ReturnType<typeof repositoryFrame> {
  readonly head: RepositoryHead;
  readonly figures: readonly Figure[];
  readonly bar: { readonly label: string; readonly parts: readonly BarPart[] } | null;
  readonly untaggedHref: string | null;
  readonly time: SpaceTime;
  readonly columns: readonly Column[];
  readonly rows: readonly SpaceImageCells[];
  readonly pager: Pager;
}

interface BarPart {
  readonly share: number;
  readonly step: number;
  readonly label: string;
}

export interface SpaceImageCells extends TagCells {
  /** '': its manifest was not read. */
  readonly only: string;
  /** Pixels of the bar of its size. */
  readonly onlyWidth: number;
}

const PAGE_ROWS = 20;
const SORTS: readonly [TagSort, ...TagSort[]] = ['size', 'name', 'pushed', 'pulled'];

export function repositorySpacePage(deps: RepositorySpaceDeps): PageModule {
  const { tags, space, now } = deps;
  return (routes) => {
    routes.get(repositoryRoute('space'), 'browse', async (page, request) => {
      const { seen, repository } = await findAsked(deps, page, request.params[0] ?? '');
      const sorting = parseSorting<TagSort>(SORTS, page.query('sort'), page.query('direction'));
      const asked = { ...sorting, after: page.query('after'), limit: PAGE_ROWS };
      const found = await tags.groups(repository.id, asked);
      const at = now();
      const facts = {
        ...{ page, repository, asked, found, at },
        head: await readOwnHead(deps, page, { repository, tab: 'space' }),
        samples: await space.repositorySeries(seen, repository.id, at - MAX_DAYS * DAY_MS),
        unique: await space.uniqueOf(
          seen,
          repository.id,
          found.rows.map((row) => row.digest),
        ),
        isSummed: (await space.total(seen)).summedAt !== null,
      };
      await page.render('repositories/repository-space', repositorySpaceView(facts));
    });
  };
}

export interface RepositorySpaceFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'copy'>;
  readonly repository: RepositoryRow;
  readonly asked: Sorting<TagSort>;
  readonly found: TagPage;
  readonly at: number;
  readonly head: RepositoryHead;
  readonly samples: readonly RepositorySample[];
  /** By digest. */
  readonly unique: ReadonlyMap<string, number>;
  /** False: what is shared and reclaimable is not known yet. */
  readonly isSummed: boolean;
}

export function repositorySpaceView(facts: RepositorySpaceFacts): RepositorySpaceView {
  const { page, repository, found, samples, at, isSummed, head } = facts;
  const { sizeBytes, logicalBytes, reclaimableBytes } = repository;
  return {
    ...repositoryFrame(page, repository, tabName('space', page)),
    head,
    figures: figures(facts),
    bar: isSummed && sizeBytes > 0 ? sharingBar(repository, page) : null,
    untaggedHref: reclaimableBytes > 0 ? page.url(tabPath(repository.name, 'untagged')) : null,
    time: overTime({
      ...{ page, samples, days: readDays(page), current: { at, sizeBytes, logicalBytes } },
      ...{ isKnown: true, missingText: page.t('space:chart.soon') },
    }),
    columns: columns(facts),
    rows: rows(facts),
    pager: listPager(page, {
      ...{ shown: found.rows.length, next: found.next, previous: found.previous, pageRows: PAGE_ROWS },
      total: totalText(found, page.format),
    }),
  };
}

/** Never negative: both sums are updated at different times. */
const sharedOf = ({ sizeBytes, uniqueBytes }: RepositoryRow) => Math.max(0, sizeBytes - uniqueBytes);

function figures({ page, repository, isSummed }: RepositorySpaceFacts): readonly Figure[] {
  const { t, format } = page;
  const figure = (label: string, bytes: number, note: string, isKnown = true): Figure => ({
    ...{ label, note, href: null },
    value: isKnown ? format.bytes(bytes) : '…',
  });
  const { sizeBytes, logicalBytes, uniqueBytes, reclaimableBytes } = repository;
  return [
    figure(t('space:figure.stored'), sizeBytes, t('space:repository.stored_note')),
    figure(t('space:figure.logical'), logicalBytes, t('space:repository.logical_note')),
    figure(t('space:figure.unique'), uniqueBytes, t('space:repository.unique_note'), isSummed),
    figure(t('space:column.shared'), sharedOf(repository), t('space:repository.shared_note'), isSummed),
    figure(t('space:figure.reclaimable'), reclaimableBytes, t('space:figure.reclaimable_note'), isSummed),
  ];
}

function sharingBar(repository: RepositoryRow, { t, format }: RepositorySpaceFacts['page']) {
  const { sizeBytes, uniqueBytes } = repository;
  const unique = format.bytes(Math.min(uniqueBytes, sizeBytes));
  const shared = format.bytes(sharedOf(repository));
  const share = shareOf(uniqueBytes, sizeBytes);
  const parts = [
    { share, step: 1, label: `${t('space:column.unique')}: ${unique}` },
    { share: 1 - share, step: 4, label: `${t('space:column.shared')}: ${shared}` },
  ];
  return { label: t('space:repository.parts', { unique, shared }), parts: parts.filter((part) => part.share > 0) };
}

function columns({ page, asked }: RepositorySpaceFacts): readonly Column[] {
  const { t, urlWith } = page;
  const sorted = (sort: TagSort) => sortedColumn<TagSort>(asked, sort, urlWith);
  return [
    { id: 'name', label: t('parts:column.tags_of_image'), ...sorted('name') },
    { id: 'digest', label: t('parts:column.digest') },
    { id: 'size', label: t('parts:column.size'), isNumber: true, ...sorted('size') },
    { id: 'only', label: t('space:image.only'), isNumber: true },
    { id: 'pushed', label: t('parts:column.pushed'), ...sorted('pushed') },
    { id: 'pulled', label: t('parts:column.last_pull'), ...sorted('pulled') },
  ];
}

function rows({ page, repository, found, unique }: RepositorySpaceFacts): readonly SpaceImageCells[] {
  const largest = found.rows.reduce((most, row) => Math.max(most, row.sizeBytes), 0);
  const context = { page, repository: repository.name, largest };
  return found.rows.map((row) => {
    const bytes = unique.get(row.digest) ?? 0;
    const only = row.mediaType === '' ? '' : page.format.bytes(bytes);
    const cells = groupCells(row, context);
    return { ...cells, only, onlyWidth: Math.round((cells.size?.whole ?? 0) * shareOf(bytes, row.sizeBytes)) };
  });
}
