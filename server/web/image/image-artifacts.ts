import type { ImageContent } from '../../catalog/images/image.ts';
import { attachedKind } from '../parts/attached.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import { type ChartCells, type ChartFiles, chartCells, chartFiles } from './chart-view.ts';
import { contentParts } from './content-parts.ts';
import { type DocumentCells, documentCells, documentSummary, partName } from './document-view.ts';
import { attestationEntries } from './image-platforms.ts';
import type { Tab } from './image-tabs.ts';
import type { LoadedContent } from './loaded-content.ts';
import type { ImageFacts } from './shown-image.ts';

export interface ArtifactCells {
  /** The parts of the artifact; `document` is the current one. */
  readonly documents: readonly { readonly text: string; readonly href: string; readonly current: boolean }[];
  readonly document: DocumentCells | null;
  readonly chart: ChartCells | null;
  readonly chartFiles: ChartFiles | null;
  readonly chartProblem: string | null;
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
  /** `by ci`; '' when unknown. */
  readonly by: string;
  readonly type: string;
  readonly summary: string;
  readonly sizeBytes: number;
  readonly createdAt: number | null;
}

export function fileCells(content: ImageContent | undefined): readonly FileCells[] {
  return (content?.layers ?? []).slice(0, 500).map((layer) => ({
    name: partName(layer),
    // Files without a name are shown by their type, which need not be repeated.
    mediaType: partName(layer) === layer.mediaType ? '' : layer.mediaType,
    digest: layer.digest,
    shortDigest: shortDigest(layer.digest),
    sizeBytes: layer.sizeBytes,
  }));
}

/** Documents are shown one at a time, because SBOMs are long. */
function chosenDocument(
  all: readonly DocumentCells[],
  page: ImageFacts['page'],
): Pick<ArtifactCells, 'document' | 'documents'> {
  const chosen = all[Number(page.query('part'))] ?? all[0] ?? null;
  const links = all.map((cells, index) => ({
    text: cells.title,
    href: page.urlWith({ part: index === 0 ? null : index, package: null, from: null }),
    current: cells === chosen,
  }));
  return { document: chosen, documents: links };
}

export function artifactCells({ page, detail, host, tag }: ImageFacts, loaded: LoadedContent, tab: Tab): ArtifactCells {
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
      const part = contentParts(content).find(({ digest }) => digest === read.digest);
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

export function referrerCells(facts: ImageFacts, { parts, known }: LoadedContent): readonly ReferrerCells[] {
  const { page, detail } = facts;
  const referrers = detail.referrers.map((referrer): ReferrerCells => {
    const found = (parts.get(referrer.digest) ?? []).map((part) => documentSummary(known.get(part.digest), page));
    return {
      digest: referrer.digest,
      shortDigest: shortDigest(referrer.digest),
      href: page.url(referencePath(`${detail.repository}@${referrer.digest}`)),
      kind: attachedKind(referrer, page.t),
      by: referrer.pushedBy ? page.t('parts:list.attached_by', { name: referrer.pushedBy }) : '',
      type: referrer.artifactType ?? (parts.get(referrer.digest)?.[0]?.mediaType || referrer.mediaType),
      summary: found.filter((text) => text !== '').join('; '),
      sizeBytes: referrer.sizeBytes,
      createdAt: referrer.createdAt,
    };
  });
  return [...referrers, ...attestationCells(facts, parts)];
}

/** Attestations that the build added to an index, each with the platform that it describes. */
function attestationCells({ page, detail }: ImageFacts, parts: LoadedContent['parts']): readonly ReferrerCells[] {
  return attestationEntries(detail, parts, page).map(({ href, digest, shortDigest: short, kind, note, sizeBytes }) => ({
    ...{ href, digest, shortDigest: short },
    kind: kind || page.t('parts:list.attached_kind.attestation'),
    by: '',
    type: '',
    summary: note,
    sizeBytes: sizeBytes ?? 0,
    createdAt: null,
  }));
}
