/** The view model of one image. Texts from the image are untrusted. */
import type { ImageContent, ImageDetail, ImageProblem } from '../../catalog/images/image.ts';
import { deletePath, referencePath, shortDigest, splitName } from '../parts/cells.ts';
import { type CopyBox, copyBox } from '../parts/commands.ts';
import { folderCrumbs, folderLink, kindLabel } from '../parts/labels.ts';
import type { Notice } from '../parts/notices.ts';
import { type MapEntry, mapEntries, type TextPart } from '../parts/secrets.ts';
import type { Crumb, Page } from '../shell/page.ts';
import { type ConfigurationCells, configurationCells, isEmptyConfiguration } from './configuration.ts';
import {
  type ArtifactCells,
  artifactCells,
  type FileCells,
  fileCells,
  type ReferrerCells,
  referrerCells,
} from './image-artifacts.ts';
import { type FactCells, factCells } from './image-facts.ts';
import { otherEntries, type PlatformGroup, platformGroups, type SideEntry } from './image-platforms.ts';
import { chosenTab, openKind, type Tab, type TabLink, tabLinks } from './image-tabs.ts';
import { dockerfileText, type LayerCells, type LayerPart, layerBar, layerCells } from './layers.ts';
import type { LoadedContent } from './loaded-content.ts';
import { type RawCells, rawCells } from './raw-view.ts';
import type { ImageFacts } from './shown-image.ts';

export interface ImageView extends ArtifactCells {
  readonly title: string;
  readonly nav: 'repositories';
  readonly crumbs: readonly Crumb[];
  readonly leaf: string;
  readonly folder: { readonly name: string; readonly href: string } | null;
  readonly kind: string | null;
  readonly signatures: number;
  readonly copy: CopyBox;
  readonly notices: readonly Notice[];
  readonly problems: readonly string[];
  readonly compareHref: string | null;
  readonly deleteHref: string | null;
  readonly deleteNote: string;
  readonly isTag: boolean;
  /** Files are shown instead of layers. */
  readonly isArtifact: boolean;
  readonly groups: readonly PlatformGroup[];
  readonly isListCut: boolean;
  readonly attestations: number;
  readonly referrersHref: string;
  readonly others: readonly SideEntry[];
  readonly bar: readonly LayerPart[];
  readonly layers: readonly LayerCells[];
  /** Layers after the first few, in a folded part. */
  readonly moreLayers: readonly LayerCells[];
  /** Steps of the history that created no layer. */
  readonly emptySteps: readonly LayerCells[];
  readonly files: readonly FileCells[];
  readonly tab: Tab;
  readonly tabs: readonly TabLink[];
  readonly configuration: ConfigurationCells | null;
  readonly configNote: string | null;
  readonly dockerfile: readonly { readonly instruction: string; readonly parts: readonly TextPart[] }[];
  readonly referrers: readonly ReferrerCells[];
  readonly raw: RawCells | null;
  readonly facts: FactCells;
  readonly labels: readonly MapEntry[];
  readonly annotations: readonly MapEntry[];
}

const NOTHING_LOADED: LoadedContent = { documents: [], parts: new Map(), known: new Map() };

export function imageView(facts: ImageFacts): ImageView {
  const { page, detail, tag, notices, loaded = NOTHING_LOADED } = facts;
  const { leaf, folder } = splitName(detail.repository);
  const reference = tag === null ? `@${detail.digest}` : `:${tag}`;
  const kind = openKind(detail);
  const isArtifact = !['image', 'index', 'unknown'].includes(kind);
  const tab = chosenTab(detail, page.query('tab'));
  const { content } = detail;
  const artifactType = detail.artifactType ?? content?.artifactType;
  return {
    title: `${detail.repository}${reference}`,
    nav: 'repositories',
    crumbs: imageCrumbs(facts, folder, leaf),
    leaf,
    folder: folderLink(folder, page),
    kind: kindLabel(kind, page.t, artifactType),
    signatures: detail.referrers.filter((referrer) => referrer.kind === 'signature').length,
    copy: copyBox(page, { name: detail.repository, tag, digest: detail.digest, kind, artifactType }),
    notices: [...notices, ...schema1Notice(detail, page)],
    problems: detail.problems.map((problem) => problemText(problem, page.t)),
    compareHref: kind === 'image' ? compareHref(facts) : null,
    ...deleteLink(facts),
    isTag: tag !== null,
    isArtifact,
    groups: platformGroups(detail, page),
    isListCut: detail.isListCut,
    attestations: detail.attestations.length,
    referrersHref: page.urlWith({ tab: 'referrers', part: null, from: null, package: null, raw: null }),
    others: otherEntries(detail, page),
    bar: isArtifact ? [] : layerBar(content, page),
    ...foldedLayers(isArtifact ? [] : layerCells(content, page, (layer) => layerHref(facts, layer))),
    files: isArtifact ? fileCells(content) : [],
    tab,
    tabs: tabLinks(detail, tab, page),
    configuration: shownConfiguration(content),
    configNote: content?.config === undefined ? null : page.urlWith({ tab: 'manifest', raw: 'config' }),
    dockerfile: (content?.dockerfile ?? []).map((step) => ({
      instruction: step.instruction,
      parts: dockerfileText(step),
    })),
    ...artifactCells(facts, loaded, tab),
    referrers: referrerCells(facts, loaded),
    raw: tab === 'manifest' ? rawCells(detail, page) : null,
    facts: factCells(detail, page),
    labels: mapEntries(content?.config?.config.labels ?? {}),
    annotations: mapEntries({ ...detail.annotations, ...(content?.annotations ?? {}) }),
  };
}

const LAYERS_SHOWN = 6;

/** Long histories are folded, so that the tabs below them stay visible. */
function foldedLayers(all: readonly LayerCells[]): Pick<ImageView, 'layers' | 'moreLayers' | 'emptySteps'> {
  const layers = all.filter(({ digest }) => digest !== '');
  return {
    layers: layers.slice(0, LAYERS_SHOWN),
    moreLayers: layers.slice(LAYERS_SHOWN),
    emptySteps: all.filter(({ digest }) => digest === ''),
  };
}

/** Images of schema 1 cannot be pulled from a registry of version 3; the notice says what to do. */
function schema1Notice({ mediaType }: ImageDetail, { t }: Pick<Page, 't'>): readonly Notice[] {
  if (!/distribution\.manifest\.v1\+/.test(mediaType)) return [];
  return [{ tone: 'amber', icon: 'alert-triangle', text: t('image:schema1'), percent: null }];
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

/** Problems are worded in the reader's language; the stored message is English and meant for the log. */
function problemText({ what, digest }: ImageProblem, t: Page['t']): string {
  const params = { digest: shortDigest(digest) };
  const texts: Record<ImageProblem['what'], string> = {
    manifest: t('parts:problem.manifest', params),
    config: t('parts:problem.config', params),
    large: t('parts:problem.large', params),
    child: t('parts:problem.child', params),
    unreachable: t('parts:problem.unreachable', params),
  };
  return texts[what];
}

function deleteLink({ page, detail, tag, deleteNote }: ImageFacts): Pick<ImageView, 'deleteHref' | 'deleteNote'> {
  if (tag === null || deleteNote !== '') return { deleteHref: null, deleteNote };
  return { deleteHref: page.url(deletePath(detail.repository, tag, detail.digest)), deleteNote: '' };
}

function compareHref({ page, detail, tag }: ImageFacts): string {
  const reference = `${detail.repository}${tag === null ? '' : `:${tag}`}@${detail.digest}`;
  return page.url(`/compare?a=${encodeURIComponent(reference)}`);
}

function layerHref({ page, detail }: ImageFacts, layer: string): string {
  const image = `${detail.repository}@${detail.content?.digest ?? detail.digest}`;
  return page.url(`${referencePath(image)}/-/layers/${layer}`);
}
