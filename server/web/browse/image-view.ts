/** The view model of one image. Everything in it that is not ours is the text of whoever built the image. */
import type { ImageContent, ImageDetail, ImageProblem } from '../../catalog/image.ts';
import type { Crumb, Page } from '../page.ts';
import { referencePath, shortDigest, splitName } from './cells.ts';
import { type PullBox, pullBox } from './commands.ts';
import { type ConfigurationCells, configurationCells, isEmptyConfiguration } from './configuration.ts';
import { folderCrumbs, folderLink, kindLabel } from './labels.ts';
import { dockerfileText, type LayerCells, type LayerPart, layerBar, layerCells } from './layers.ts';
import type { Notice } from './notices.ts';
import { type MapEntry, mapEntries } from './secrets.ts';

export const TABS = ['configuration', 'dockerfile', 'referrers', 'manifest'] as const;
export type Tab = (typeof TABS)[number];

export interface ImageFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query'>;
  readonly host: string;
  /** The tag in the address; null when it names a digest. */
  readonly tag: string | null;
  readonly detail: ImageDetail;
  readonly notices: readonly Notice[];
  /** Why deleting is greyed; '' where it is not. */
  readonly deleteNote: string;
}

export interface ImageView {
  readonly title: string;
  readonly nav: 'repositories';
  readonly crumbs: readonly Crumb[];
  readonly leaf: string;
  readonly folder: { readonly name: string; readonly href: string } | null;
  readonly kind: string | null;
  readonly signatures: number;
  readonly pull: PullBox;
  readonly notices: readonly Notice[];
  readonly problems: readonly string[];
  readonly deleteHref: string | null;
  readonly deleteNote: string;
  readonly isTag: boolean;
  readonly platforms: readonly PlatformChip[];
  readonly attestations: readonly { readonly href: string; readonly shortDigest: string; readonly sizeBytes: number }[];
  readonly bar: readonly LayerPart[];
  readonly layers: readonly LayerCells[];
  readonly tab: Tab;
  readonly tabs: readonly {
    readonly text: string;
    readonly href: string;
    readonly current: boolean;
    readonly count?: number;
  }[];
  readonly configuration: ConfigurationCells | null;
  readonly configJson: string | null;
  readonly dockerfile: readonly { readonly instruction: string; readonly text: string; readonly comment: string }[];
  readonly referrers: readonly ReferrerCells[];
  readonly manifest: { readonly text: string; readonly href: string; readonly digest: string } | null;
  readonly configHref: string | null;
  readonly facts: ImageFactCells;
  readonly labels: readonly MapEntry[];
  readonly annotations: readonly MapEntry[];
}

export interface PlatformChip {
  readonly label: string;
  readonly href: string;
  readonly active: boolean;
  readonly missing: boolean;
}

export interface ReferrerCells {
  readonly href: string;
  readonly shortDigest: string;
  readonly digest: string;
  readonly kind: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly createdAt: number | null;
}

export interface ImageFactCells {
  readonly digest: string;
  readonly shortDigest: string;
  readonly mediaType: string;
  readonly artifactType: string | null;
  readonly pushedAt: number | null;
  readonly by: { readonly name: string; readonly confirmed: boolean } | null;
  readonly createdAt: number | null;
  readonly pulledAt: number | null;
  readonly pulls: string;
  readonly size: string;
  readonly tags: readonly { readonly name: string; readonly href: string }[];
  readonly parents: readonly { readonly shortDigest: string; readonly digest: string; readonly href: string }[];
  readonly subject: { readonly shortDigest: string; readonly digest: string; readonly href: string } | null;
}

const MOST_SHOWN = 200_000;

export function imageView(facts: ImageFacts): ImageView {
  const { page, detail, tag, host, notices } = facts;
  const { leaf, folder } = splitName(detail.repository);
  const reference = tag === null ? `@${detail.digest}` : `:${tag}`;
  const tab = TABS.find((known) => known === page.query('tab')) ?? 'configuration';
  const content = detail.content;
  return {
    title: `${detail.repository}${reference}`,
    nav: 'repositories',
    crumbs: imageCrumbs(facts, folder, leaf),
    leaf,
    folder: folderLink(folder, page),
    kind: kindLabel(detail.kind, page.t),
    signatures: detail.referrers.filter(({ kind }) => kind === 'signature').length,
    pull: pullBox({ host, repository: detail.repository, reference, isChart: detail.kind === 'helm', page }),
    notices,
    problems: detail.problems.map((problem) => problemText(problem, page.t)),
    ...deleteLink(facts),
    isTag: tag !== null,
    platforms: platformChips(detail, page),
    attestations: detail.attestations.map(({ digest, sizeBytes }) => ({ ...digestLink(facts, digest), sizeBytes })),
    bar: layerBar(content, page),
    layers: layerCells(content, page),
    tab,
    tabs: tabLinks(facts, tab),
    configuration: shownConfiguration(content),
    configJson: content?.config === undefined ? pretty(content?.rawConfig ?? null) : null,
    dockerfile: (content?.dockerfile ?? []).map((step) => ({ ...step, text: dockerfileText(step) })),
    referrers: referrerCells(facts),
    ...rawLinks(facts),
    facts: factCells(facts),
    labels: mapEntries(content?.config?.config.labels ?? {}),
    annotations: mapEntries({ ...detail.annotations, ...(content?.annotations ?? {}) }),
  };
}

function shownConfiguration(content: ImageContent | undefined): ConfigurationCells | null {
  const cells = content?.config === undefined ? null : configurationCells(content.config);
  return cells === null || isEmptyConfiguration(cells) ? null : cells;
}

function imageCrumbs({ page, detail, tag }: ImageFacts, folder: string, leaf: string): readonly Crumb[] {
  const repository: Crumb = { text: leaf, href: page.url(referencePath(detail.repository)) };
  const last: Crumb =
    tag === null ? { text: shortDigest(detail.digest), separator: '@' } : { text: tag, separator: ':' };
  return [...folderCrumbs(folder, page), repository, last];
}

/** Each of them is worded here; the stored message is English and for the log. */
function problemText({ what, digest }: ImageProblem, t: Page['t']): string {
  const params = { digest: shortDigest(digest) };
  const texts: Record<ImageProblem['what'], string> = {
    manifest: t('browse:problem.manifest', params),
    config: t('browse:problem.config', params),
    child: t('browse:problem.child', params),
    unreachable: t('browse:problem.unreachable', params),
  };
  return texts[what];
}

function deleteLink({ page, detail, tag, deleteNote }: ImageFacts): Pick<ImageView, 'deleteHref' | 'deleteNote'> {
  if (tag === null || deleteNote !== '') return { deleteHref: null, deleteNote };
  return { deleteHref: page.url(`${referencePath(`${detail.repository}:${tag}`)}/-/delete`), deleteNote: '' };
}

function platformChips(detail: ImageDetail, { t, urlWith }: ImageFacts['page']): readonly PlatformChip[] {
  return detail.platforms.map((entry) => ({
    label: entry.platform === '' ? t('browse:image.no_platform') : entry.platform,
    href: urlWith({ platform: entry.platform === '' ? entry.digest : entry.platform }),
    active: entry.digest === detail.content?.digest,
    missing: entry.isMissing,
  }));
}

function tabLinks({ page, detail }: ImageFacts, current: Tab): ImageView['tabs'] {
  const { t, urlWith } = page;
  const link = (tab: Tab, text: string) => ({
    text,
    href: urlWith({ tab: tab === 'configuration' ? null : tab }),
    current: tab === current,
  });
  return [
    link('configuration', t('browse:tab.configuration')),
    link('dockerfile', t('browse:tab.dockerfile')),
    { ...link('referrers', t('browse:tab.referrers')), count: detail.referrers.length },
    link('manifest', t('browse:tab.manifest')),
  ];
}

function digestLink({ page, detail }: ImageFacts, digest: string) {
  return { digest, shortDigest: shortDigest(digest), href: page.url(referencePath(`${detail.repository}@${digest}`)) };
}

function referrerCells(facts: ImageFacts): readonly ReferrerCells[] {
  const { page, detail } = facts;
  return detail.referrers.map((referrer) => ({
    ...digestLink(facts, referrer.digest),
    kind: kindLabel(referrer.kind, page.t) ?? referrer.kind,
    type: referrer.artifactType ?? referrer.mediaType,
    sizeBytes: referrer.sizeBytes,
    createdAt: referrer.createdAt,
  }));
}

/** The manifest shown is that of what is open: the index itself where no platform could be read. */
function rawLinks(facts: ImageFacts): Pick<ImageView, 'manifest' | 'configHref'> {
  const { page, detail } = facts;
  const isIndexAsked = page.query('raw') === 'index' || detail.content?.raw == null;
  const raw = isIndexAsked ? detail.raw : (detail.content?.raw ?? null);
  const digest = isIndexAsked ? detail.digest : (detail.content?.digest ?? detail.digest);
  const below = (of: string, what: string) => page.url(`${referencePath(`${detail.repository}@${of}`)}/-/${what}`);
  const hasConfig = detail.content?.rawConfig != null;
  return {
    manifest: raw === null ? null : { text: pretty(raw) ?? '', href: below(digest, 'manifest'), digest },
    configHref: hasConfig ? below(detail.content?.digest ?? detail.digest, 'config') : null,
  };
}

/** Indented where it is JSON; the download has the bytes as they are. */
export function pretty(raw: string | null): string | null {
  if (raw === null) return null;
  try {
    return JSON.stringify(JSON.parse(raw), null, 2).slice(0, MOST_SHOWN);
  } catch {
    return raw.slice(0, MOST_SHOWN);
  }
}

function factCells(facts: ImageFacts): ImageFactCells {
  const { page, detail } = facts;
  const sizes = { size: page.format.bytes(detail.sizeBytes), unique: page.format.bytes(detail.uniqueBytes) };
  return {
    digest: detail.digest,
    shortDigest: shortDigest(detail.digest),
    mediaType: detail.mediaType,
    artifactType: detail.artifactType,
    pushedAt: detail.pushedAt,
    by: detail.pushedBy ? { name: detail.pushedBy, confirmed: detail.pushConfirmed } : null,
    createdAt: detail.content?.createdAt ?? detail.createdAt,
    pulledAt: detail.lastPulledAt,
    pulls: page.format.number(detail.pullCount),
    size: page.t('browse:image.size_of_which', sizes),
    tags: detail.tags.map(({ name }) => ({ name, href: page.url(referencePath(`${detail.repository}:${name}`)) })),
    parents: detail.parents.map((digest) => digestLink(facts, digest)),
    subject: detail.subjectDigest === null ? null : digestLink(facts, detail.subjectDigest),
  };
}
