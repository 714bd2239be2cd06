/** The facts card of an image: times, people, size, tags. */
import type { ImageContent, ImageDetail } from '../../catalog/images/image.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import type { Page } from '../shell/page.ts';

export interface FactCells {
  readonly digest: string;
  readonly shortDigest: string;
  readonly mediaType: string;
  readonly artifactType: string | null;
  /** The media type of an artifact's configuration, when it differs from the artifact type; else ''. */
  readonly configType: string;
  /** `windows/amd64 10.0.20348.2113`; '' for artifacts. */
  readonly platform: string;
  readonly pushedAt: number | null;
  readonly by: { readonly name: string; readonly confirmed: boolean } | null;
  readonly createdAt: number | null;
  readonly pulledAt: number | null;
  readonly pulls: string;
  readonly size: string;
  readonly tags: readonly { readonly name: string; readonly href: string }[];
  readonly parents: readonly DigestLink[];
  /** `href` is null when the subject is not in this repository. */
  readonly subject: (Omit<DigestLink, 'href'> & { readonly href: string | null }) | null;
}

export interface DigestLink {
  readonly shortDigest: string;
  readonly digest: string;
  readonly href: string;
}

/** For an index, the selected platform. */
function platformFact(content: ImageContent | undefined): string {
  if (content?.kind !== 'image') return '';
  const { osVersion = '', osFeatures = [] } = content.config ?? {};
  return [content.platform, osVersion, osFeatures.join(', ')].filter((text) => text !== '').join(' ');
}

const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json';

export function factCells(detail: ImageDetail, page: Pick<Page, 't' | 'format' | 'url'>): FactCells {
  const sizes = { size: page.format.bytes(detail.sizeBytes), unique: page.format.bytes(detail.uniqueBytes) };
  const link = (digest: string): DigestLink => ({
    digest,
    shortDigest: shortDigest(digest),
    href: page.url(referencePath(`${detail.repository}@${digest}`)),
  });
  // cosign names the subject only in the name of its tag.
  const subject = detail.subjectDigest ?? detail.tags.find((tag) => tag.subjectDigest !== null)?.subjectDigest ?? null;
  const configType = detail.content?.configMediaType ?? '';
  return {
    digest: detail.digest,
    shortDigest: shortDigest(detail.digest),
    mediaType: detail.mediaType,
    artifactType: detail.artifactType,
    configType: configType === EMPTY_CONFIG || configType === detail.artifactType ? '' : configType,
    platform: platformFact(detail.content),
    pushedAt: detail.pushedAt,
    by: detail.pushedBy ? { name: detail.pushedBy, confirmed: detail.pushConfirmed } : null,
    createdAt: detail.content?.createdAt ?? detail.createdAt,
    pulledAt: detail.lastPulledAt,
    pulls: page.format.number(detail.pullCount),
    // Manifests of schema 1 do not contain sizes.
    size: detail.sizeBytes === 0 ? '–' : page.t('parts:image.size_of_which', sizes),
    tags: detail.tags.map(({ name }) => ({ name, href: page.url(referencePath(`${detail.repository}:${name}`)) })),
    parents: detail.parents.map(link),
    subject: subject === null ? null : { ...link(subject), ...(detail.isSubjectHere ? {} : { href: null }) },
  };
}
