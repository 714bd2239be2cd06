/** The tabs of an image page; they depend on the kind of manifest. */
import type { ImageDetail } from '../../catalog/images/image.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import type { Page } from '../shell/page.ts';
import { contentParts } from './content-parts.ts';

export type Tab =
  | 'configuration'
  | 'dockerfile'
  | 'chart'
  | 'readme'
  | 'values'
  | 'files'
  | 'content'
  | 'referrers'
  | 'manifest';

export interface TabLink {
  readonly text: string;
  readonly href: string;
  readonly current: boolean;
  readonly count?: number;
}

/** The kind of what is shown: for an index, that of the image of the selected platform. */
export function openKind(detail: ImageDetail): ManifestKind {
  return detail.kind === 'index' ? (detail.content?.kind ?? 'index') : detail.kind;
}

/** @returns the tabs of a kind, the default first. */
export function tabsOf(kind: ManifestKind, hasContent = true): readonly [Tab, ...Tab[]] {
  if (kind === 'helm') return ['chart', 'readme', 'values', 'files', 'referrers', 'manifest'];
  // An index that lists no image, such as one of referrers, has no content of its own.
  if (kind === 'index') return ['manifest', 'referrers'];
  if (kind === 'image' || kind === 'unknown') return ['configuration', 'dockerfile', 'referrers', 'manifest'];
  // Files of unknown artifacts are listed above the tabs, because their content cannot be shown.
  if (kind === 'artifact' && !hasContent) return ['manifest', 'referrers'];
  return ['content', 'referrers', 'manifest'];
}

function tabsFor(detail: ImageDetail): readonly [Tab, ...Tab[]] {
  return tabsOf(openKind(detail), contentParts(detail.content).length > 0);
}

/** @param asked from the address; the default tab for anything unknown */
export function chosenTab(detail: ImageDetail, asked: string): Tab {
  const tabs = tabsFor(detail);
  return tabs.find((tab) => tab === asked) ?? tabs[0];
}

/** True for tabs whose content is fetched from the registry when first opened. */
export function needsContent(tab: Tab): boolean {
  return tab === 'content' || tab === 'readme' || tab === 'values' || tab === 'files';
}

export function tabLinks(
  detail: ImageDetail,
  current: Tab,
  { t, urlWith }: Pick<Page, 't' | 'urlWith'>,
): readonly TabLink[] {
  const tabs = tabsFor(detail);
  const texts: Record<Tab, string> = {
    configuration: t('parts:tab.configuration'),
    dockerfile: t('parts:tab.dockerfile'),
    chart: t('image:tab.chart'),
    readme: t('image:tab.readme'),
    values: t('image:tab.values'),
    files: t('image:tab.files'),
    content: t('image:tab.content'),
    referrers: t('parts:tab.referrers'),
    manifest: t('parts:tab.manifest'),
  };
  return tabs.map((tab) => ({
    text: texts[tab],
    href: urlWith({ tab: tab === tabs[0] ? null : tab, part: null, from: null, package: null, raw: null }),
    current: tab === current,
    ...(tab === 'referrers' ? { count: detail.referrers.length + detail.attestations.length } : {}),
  }));
}
