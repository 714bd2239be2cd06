/** The view model of one image. Everything in it that is not ours is the text of whoever built the image. */
import type { ArtifactDocument } from '../../artifacts/document.ts';
import type { DocumentPart, ReadDocument } from '../../catalog/documents.ts';
import type { ImageContent, ImageDetail, ImageProblem } from '../../catalog/image.ts';
import type { Crumb, Page } from '../page.ts';
import { referencePath, shortDigest, splitName } from './cells.ts';
import { type ChartCells, type ChartFiles, chartCells, chartFiles } from './chart-view.ts';
import { type PullBox, pullBox } from './commands.ts';
import { type ConfigurationCells, configurationCells, isEmptyConfiguration } from './configuration.ts';
import { type DocumentCells, documentCells, documentSummary, partName } from './document-view.ts';
import { type FactCells, factCells } from './image-facts.ts';
import {
  attestationEntries,
  otherEntries,
  type PlatformGroup,
  platformGroups,
  type SideEntry,
} from './image-platforms.ts';
import { chosenTab, openKind, type Tab, type TabLink, tabLinks } from './image-tabs.ts';
import { folderCrumbs, folderLink, kindLabel } from './labels.ts';
import { dockerfileText, type LayerCells, type LayerPart, layerBar, layerCells } from './layers.ts';
import type { Notice } from './notices.ts';
import { type RawCells, rawCells } from './raw-view.ts';
import { type MapEntry, mapEntries, type TextPart } from './secrets.ts';

export interface ImageFacts {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query'>;
  readonly host: string;
  /** The tag in the address; null when it names a digest. */
  readonly tag: string | null;
  readonly detail: ImageDetail;
  readonly notices: readonly Notice[];
  /** Why deleting is greyed; '' where it is not. */
  readonly deleteNote: string;
  /** What the open tab shows of artifacts. */
  readonly loaded?: LoadedContent;
}

export interface LoadedContent {
  /** Of the artifact that is open, in the order of its parts. */
  readonly documents: readonly ReadDocument[];
  /** By the digest of a referrer or attestation: its parts. */
  readonly parts: ReadonlyMap<string, readonly DocumentPart[]>;
  /** By the digest of a part, as far as somebody looked at it before. */
  readonly known: ReadonlyMap<string, ArtifactDocument>;
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
  readonly compareHref: string | null;
  readonly deleteHref: string | null;
  readonly deleteNote: string;
  readonly isTag: boolean;
  /** Files instead of layers: it is no image. */
  readonly isArtifact: boolean;
  readonly groups: readonly PlatformGroup[];
  readonly isListCut: boolean;
  readonly attestations: readonly SideEntry[];
  readonly others: readonly SideEntry[];
  readonly bar: readonly LayerPart[];
  readonly layers: readonly LayerCells[];
  readonly files: readonly FileCells[];
  readonly tab: Tab;
  readonly tabs: readonly TabLink[];
  readonly configuration: ConfigurationCells | null;
  readonly configNote: string | null;
  readonly dockerfile: readonly { readonly instruction: string; readonly parts: readonly TextPart[] }[];
  /** What an artifact holds; the open one of them is `document`. */
  readonly documents: readonly { readonly text: string; readonly href: string; readonly current: boolean }[];
  readonly document: DocumentCells | null;
  readonly chart: ChartCells | null;
  readonly chartFiles: ChartFiles | null;
  readonly chartProblem: string | null;
  readonly referrers: readonly ReferrerCells[];
  readonly raw: RawCells | null;
  readonly facts: FactCells;
  readonly labels: readonly MapEntry[];
  readonly annotations: readonly MapEntry[];
}

export interface FileCells {
  readonly name: string;
  readonly mediaType: string;
  readonly digest: string;
  readonly shortDigest: string;
  readonly sizeBytes: number;
}

export interface ReferrerCells {
  readonly href: string;
  readonly shortDigest: string;
  readonly digest: string;
  readonly kind: string;
  readonly type: string;
  readonly summary: string;
  readonly sizeBytes: number;
  readonly createdAt: number | null;
}

const NOTHING_LOADED: LoadedContent = { documents: [], parts: new Map(), known: new Map() };

export function imageView(facts: ImageFacts): ImageView {
  const { page, detail, tag, host, notices, loaded = NOTHING_LOADED } = facts;
  const { leaf, folder } = splitName(detail.repository);
  const reference = tag === null ? `@${detail.digest}` : `:${tag}`;
  const kind = openKind(detail);
  const isArtifact = !['image', 'index', 'unknown'].includes(kind);
  const tab = chosenTab(detail, page.query('tab'));
  const { content } = detail;
  const isChart = detail.kind === 'helm';
  return {
    title: `${detail.repository}${reference}`,
    nav: 'repositories',
    crumbs: imageCrumbs(facts, folder, leaf),
    leaf,
    folder: folderLink(folder, page),
    kind: kindLabel(kind, page.t),
    signatures: detail.referrers.filter((referrer) => referrer.kind === 'signature').length,
    pull: pullBox({
      host,
      repository: detail.repository,
      reference,
      isChart,
      isArtifact: isArtifact && !isChart,
      page,
    }),
    notices,
    problems: detail.problems.map((problem) => problemText(problem, page.t)),
    compareHref: kind === 'image' ? compareHref(facts) : null,
    ...deleteLink(facts),
    isTag: tag !== null,
    isArtifact,
    groups: platformGroups(detail, page),
    isListCut: detail.isListCut,
    attestations: attestationEntries(detail, loaded.parts, page),
    others: otherEntries(detail, page),
    bar: isArtifact ? [] : layerBar(content, page),
    layers: isArtifact ? [] : layerCells(content, page, (layer) => layerHref(facts, layer)),
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

/** With the digest that is shown: the tag may move before the click. */
function deleteLink({ page, detail, tag, deleteNote }: ImageFacts): Pick<ImageView, 'deleteHref' | 'deleteNote'> {
  if (tag === null || deleteNote !== '') return { deleteHref: null, deleteNote };
  const path = `${referencePath(`${detail.repository}:${tag}`)}/-/delete`;
  return { deleteHref: page.url(`${path}?digest=${encodeURIComponent(detail.digest)}`), deleteNote: '' };
}

function compareHref({ page, detail, tag }: ImageFacts): string {
  const reference = `${detail.repository}${tag === null ? '' : `:${tag}`}@${detail.digest}`;
  return page.url(`/compare?a=${encodeURIComponent(reference)}`);
}

function layerHref({ page, detail }: ImageFacts, layer: string): string {
  const image = `${detail.repository}@${detail.content?.digest ?? detail.digest}`;
  return page.url(`${referencePath(image)}/-/layers/${layer}`);
}

function fileCells(content: ImageContent | undefined): readonly FileCells[] {
  return (content?.layers ?? []).slice(0, 500).map((layer) => ({
    name: partName(layer),
    // Without a name the type stands for it.
    mediaType: partName(layer) === layer.mediaType ? '' : layer.mediaType,
    digest: layer.digest,
    shortDigest: shortDigest(layer.digest),
    sizeBytes: layer.sizeBytes,
  }));
}

/** One at a time: a bill of materials is long. */
function chosenDocument(
  all: readonly DocumentCells[],
  page: ImageFacts['page'],
): Pick<ImageView, 'document' | 'documents'> {
  const chosen = all[Number(page.query('part'))] ?? all[0] ?? null;
  const links = all.map((cells, index) => ({
    text: cells.title,
    href: page.urlWith({ part: index === 0 ? null : index, package: null, from: null }),
    current: cells === chosen,
  }));
  return { document: chosen, documents: links };
}

type ArtifactCells = Pick<ImageView, 'document' | 'documents' | 'chart' | 'chartFiles' | 'chartProblem'>;

function artifactCells({ page, detail, host, tag }: ImageFacts, loaded: LoadedContent, tab: Tab): ArtifactCells {
  const none = { document: null, documents: [], chart: null, chartFiles: null, chartProblem: null };
  const { content } = detail;
  if (content === undefined) return none;
  if (tab === 'chart')
    return { ...none, chart: chartCells(content.rawConfig, { host, repository: detail.repository, tag }, page) };
  if (tab === 'content') {
    const subjects = [detail.subjectDigest, ...detail.tags.map((row) => row.subjectDigest)].filter(
      (digest) => digest !== null,
    );
    const all = loaded.documents.map((read) => {
      const part = content.layers.find((layer) => layer.digest === read.digest);
      return part === undefined ? undefined : documentCells(part, read, { page, subjects });
    });
    return {
      ...none,
      ...chosenDocument(
        all.filter((cells) => cells !== undefined),
        page,
      ),
    };
  }
  const read = loaded.documents[0];
  const document = read?.document;
  if (document?.kind === 'chart') return { ...none, chartFiles: chartFiles(document) };
  const part = content.layers.find((layer) => layer.digest === read?.digest);
  const problem = part === undefined ? null : documentCells(part, read, { page, subjects: [] }).problem;
  return { ...none, chartProblem: problem ?? page.t('image:document.damaged') };
}

function referrerCells(facts: ImageFacts, { parts, known }: LoadedContent): readonly ReferrerCells[] {
  const { page, detail } = facts;
  return detail.referrers.map((referrer) => {
    const found = (parts.get(referrer.digest) ?? []).map((part) => documentSummary(known.get(part.digest), page));
    return {
      digest: referrer.digest,
      shortDigest: shortDigest(referrer.digest),
      href: page.url(referencePath(`${detail.repository}@${referrer.digest}`)),
      kind: kindLabel(referrer.kind, page.t) ?? referrer.kind,
      type: referrer.artifactType ?? (parts.get(referrer.digest)?.[0]?.mediaType || referrer.mediaType),
      summary: found.filter((text) => text !== '').join('; '),
      sizeBytes: referrer.sizeBytes,
      createdAt: referrer.createdAt,
    };
  });
}
