import type { ListFilter } from '../parts/list-filters.ts';
import type { Page } from '../shell/page.ts';
import type { TagView } from './tag-views.ts';

interface ViewFacts {
  readonly page: Pick<Page, 't' | 'format' | 'urlWith'>;
  readonly shown: TagView;
  /** Signatures and other attachments: one more than is counted stands for all of them. */
  readonly referrers: number;
}

const NO_PLACE = { after: null, from: null, sort: null, direction: null, digest: null, platform: null, kind: null };
const MAX_COUNTED = 1000;

/** Chips that choose how tagged images are listed. Untagged ones have a tab of their own, and one way only. */
export function viewChips({ page, shown, referrers }: ViewFacts): ListFilter['views'] {
  if (shown === 'untagged') return [];
  const { t } = page;
  const chip = (view: TagView, text: string) => ({
    text,
    href: page.urlWith({ ...NO_PLACE, view: view === 'grouped' ? null : view }),
    current: shown === view,
  });
  const chips = [chip('grouped', t('repositories:view.grouped')), chip('flat', t('repositories:view.flat'))];
  if (referrers === 0 && shown !== 'referrer') return chips;
  return [...chips, chip('referrer', t('repositories:view.attachments', { formatted: countText(referrers, page) }))];
}

function countText(count: number, { format }: ViewFacts['page']): string {
  return count > MAX_COUNTED ? `${format.number(MAX_COUNTED)}+` : format.number(count);
}
