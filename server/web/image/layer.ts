import { notFoundOrHidden } from '../../access/actor.ts';
import type { LayerHolders } from '../../catalog/images/layer-holders.ts';
import type { Visibility } from '../../catalog/visibility/visibility.ts';
import { platformLabel, referencePath, shortDigest, splitName } from '../parts/cells.ts';
import { folderCrumbs } from '../parts/labels.ts';
import { keyPager, type Pager } from '../parts/pager.ts';
import { referenceOf } from '../parts/reference.ts';
import type { Crumb, Page } from '../shell/page.ts';
import { findVisible, type ImagePageDeps } from './image-deps.ts';

export interface LayerView {
  readonly title: string;
  readonly nav: 'repositories';
  readonly crumbs: readonly Crumb[];
  readonly digest: string;
  readonly size: string;
  readonly rows: readonly LayerHolderCells[];
  readonly isMoreHidden: boolean;
  readonly pager: Pager;
}

export interface LayerHolderCells {
  readonly folder: string;
  readonly leaf: string;
  readonly href: string;
  readonly images: string;
  readonly examples: readonly { readonly text: string; readonly href: string }[];
}

const PAGE_ROWS = 25;

/** Lists other images with this layer. Reached from an image that has it, so that blobs cannot be probed by digest. */
export async function showLayer(
  deps: ImagePageDeps,
  page: Page,
  seen: Visibility,
  [path = '', layer = '']: readonly string[],
): Promise<void> {
  const reference = referenceOf(path);
  if (!('digest' in reference)) throw notFoundOrHidden();
  const row = await findVisible(deps, seen, reference.repository);
  const query = { after: page.query('after') || undefined, limit: PAGE_ROWS };
  const found = await deps.images.holders(row.id, reference.digest, layer, seen, query);
  if (found === undefined) throw notFoundOrHidden();
  await page.render('image/layer', layerView({ page, repository: row.name, image: reference.digest, layer, found }));
}

interface LayerFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query'>;
  readonly repository: string;
  readonly image: string;
  readonly layer: string;
  readonly found: LayerHolders;
}

export function layerView({ page, repository, image, layer, found }: LayerFacts): LayerView {
  const { t, format, url } = page;
  const { folder, leaf } = splitName(repository);
  const imageHref = url(referencePath(`${repository}@${image}`));
  return {
    title: t('image:layer.title', { digest: shortDigest(layer) }),
    nav: 'repositories',
    crumbs: [
      ...folderCrumbs(folder, page),
      { text: leaf, href: url(referencePath(repository)) },
      { text: shortDigest(image), separator: '@', href: imageHref },
      { text: t('image:layer.crumb') },
    ],
    digest: layer,
    size: found.sizeBytes === 0 ? '–' : format.bytes(found.sizeBytes),
    rows: found.rows.map((row) => holderCells(row, page)),
    isMoreHidden: found.rows.length === 0 && found.next !== undefined,
    pager: keyPager(page, found.rows.length, found.next),
  };
}

function holderCells(row: LayerHolders['rows'][number], { t, format, url }: LayerFacts['page']): LayerHolderCells {
  const { repository, imageCount, images } = row;
  return {
    ...splitName(repository),
    href: url(referencePath(repository)),
    images: t('image:layer.images', { count: imageCount, formatted: format.number(imageCount) }),
    examples: images.map(({ digest, tag, platforms }) => ({
      text: tag || [shortDigest(digest), ...platforms.slice(0, 1).map(platformLabel)].join(' '),
      href: url(referencePath(tag === '' ? `${repository}@${digest}` : `${repository}:${tag}`)),
    })),
  };
}
