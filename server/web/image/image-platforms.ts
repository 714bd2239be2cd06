/** The children of an index: images, grouped by the index that lists them, and separately everything else. */

import type { ImageDetail, PlatformEntry } from '../../catalog/images/image.ts';
import type { DocumentPart } from '../../catalog/manifests/documents.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import { kindLabel } from '../parts/labels.ts';
import type { Page } from '../shell/page.ts';

type PlatformPage = Pick<Page, 't' | 'format' | 'url' | 'urlWith'>;

export interface PlatformGroup {
  /** The nested index; null for children of the image itself. */
  readonly index: {
    readonly shortDigest: string;
    readonly digest: string;
    readonly href: string;
    readonly note: string;
  } | null;
  readonly platforms: readonly PlatformChip[];
}

export interface PlatformChip {
  readonly label: string;
  readonly href: string;
  readonly active: boolean;
  readonly missing: boolean;
  readonly size: string;
  readonly digest: string;
}

export function platformGroups(detail: ImageDetail, page: PlatformPage): readonly PlatformGroup[] {
  const own = { index: null, platforms: chipsOf(detail, detail.digest, page) };
  const nested = detail.nested.map(({ digest, annotations }) => ({
    index: {
      ...{ digest, shortDigest: shortDigest(digest), href: digestHref(detail, digest, page) },
      note: annotations['org.opencontainers.image.ref.name'] ?? annotations['org.opencontainers.image.version'] ?? '',
    },
    platforms: chipsOf(detail, digest, page),
  }));
  return [own, ...nested].filter((group) => group.index !== null || group.platforms.length > 0);
}

function chipsOf(detail: ImageDetail, parent: string, { format, urlWith }: PlatformPage): readonly PlatformChip[] {
  const names = detail.platforms.map((entry) => entry.platform);
  return detail.platforms
    .filter((entry) => entry.parent === parent)
    .map((entry) => ({
      label: chipLabel(entry, detail.platforms),
      // Two images for one platform are linked by digest.
      href: urlWith({ platform: isDuplicate(names, entry.platform) ? entry.digest : entry.platform }),
      active: entry.digest === detail.content?.digest,
      missing: entry.isMissing,
      size: entry.isMissing ? '' : format.bytes(entry.sizeBytes),
      digest: entry.digest,
    }));
}

/** Images of the same platform are told apart by Windows version, OS features or annotations, else by digest. */
function chipLabel(entry: PlatformEntry, all: readonly PlatformEntry[]): string {
  const same = all.filter(({ platform }) => platform === entry.platform);
  if (same.length === 1) return entry.osVersion === '' ? entry.platform : `${entry.platform} ${entry.osVersion}`;
  const marks = [osVersion, osFeatures, refName].filter((mark) => new Set(same.map(mark)).size > 1);
  const distinguishing = marks.map((mark) => mark(entry)).filter((text) => text !== '');
  const isUnique = new Set(same.map((each) => marks.map((mark) => mark(each)).join(' '))).size === same.length;
  return [entry.platform, ...distinguishing, ...(isUnique ? [] : [shortDigest(entry.digest)])].join(' ');
}

const osVersion = (entry: PlatformEntry) => entry.osVersion;
const osFeatures = (entry: PlatformEntry) => entry.osFeatures;
const refName = ({ annotations }: PlatformEntry) =>
  (annotations['org.opencontainers.image.ref.name'] ?? annotations['ref.name'] ?? '').slice(0, 100);

function isDuplicate(names: readonly string[], name: string): boolean {
  return names.indexOf(name) !== names.lastIndexOf(name);
}

export interface SideEntry {
  readonly href: string;
  readonly digest: string;
  readonly shortDigest: string;
  readonly kind: string;
  /** Its content, or its subject. */
  readonly note: string;
  readonly sizeBytes: number | null;
}

/** @param parts by the digest of the attestation; their annotations name the content. */
export function attestationEntries(
  detail: ImageDetail,
  parts: ReadonlyMap<string, readonly DocumentPart[]>,
  page: PlatformPage,
): readonly SideEntry[] {
  return detail.attestations.map((entry) => {
    const types = (parts.get(entry.digest) ?? []).map((part) => part.annotations['in-toto.io/predicate-type'] ?? '');
    return {
      ...sideEntry(detail, entry, page),
      kind: [...new Set(types.map((type) => predicateLabel(type, page.t)))].filter((label) => label !== '').join(', '),
      note: platformOf(detail, entry.annotations['vnd.docker.reference.digest']),
    };
  });
}

function predicateLabel(type: string, t: Page['t']): string {
  if (/spdx|cyclonedx/i.test(type)) return t('parts:kind.sbom');
  return /slsa\.dev\/provenance/i.test(type) ? t('parts:list.attached_kind.provenance') : type.slice(0, 100);
}

function platformOf(detail: ImageDetail, digest: string | undefined): string {
  return detail.platforms.find((entry) => entry.digest === digest)?.platform ?? '';
}

/** Children without a platform: artifacts, or images that do not name one. */
export function otherEntries(detail: ImageDetail, page: PlatformPage): readonly SideEntry[] {
  return detail.others.map((entry) => ({
    ...sideEntry(detail, entry, page),
    kind: kindLabel(entry.kind, page.t, entry.artifactType) ?? page.t('parts:image.no_platform'),
    note: entry.annotations['org.opencontainers.image.ref.name'] ?? entry.artifactType ?? entry.mediaType,
  }));
}

function sideEntry(detail: ImageDetail, { digest, sizeBytes, isMissing }: PlatformEntry, page: PlatformPage) {
  const href = digestHref(detail, digest, page);
  return { href, digest, shortDigest: shortDigest(digest), sizeBytes: isMissing ? null : sizeBytes };
}

function digestHref(detail: ImageDetail, digest: string, { url }: Pick<Page, 'url'>): string {
  return url(referencePath(`${detail.repository}@${digest}`));
}
