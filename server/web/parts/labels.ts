/** Words and links that several browse pages share. */
import type { ManifestKind } from '../../storage/schema.ts';
import type { Crumb, Page } from '../shell/page.ts';
import { artifactKind } from './artifact-kinds.ts';

/** @returns null when the person is unknown: pushed before events were received, or anonymous. */
export function actor(name: string | null, confirmed: boolean): { name: string; confirmed: boolean } | null {
  return name === null || name === '' ? null : { name, confirmed };
}

/** One link per part of the path. */
export function folderCrumbs(folder: string, { url }: Pick<Page, 'url'>): readonly Crumb[] {
  const parts = folder.split('/').filter((part) => part !== '');
  return parts.map((text, index) => ({
    text,
    href: url(`/repositories?folder=${encodeURIComponent(parts.slice(0, index + 1).join('/'))}`),
  }));
}

/** @param folder with or without a slash at the end; the root gives null */
export function folderLink(folder: string, { url }: Pick<Page, 'url'>): { name: string; href: string } | null {
  const name = folder.replace(/\/$/, '');
  return name === '' ? null : { name, href: url(`/repositories?folder=${encodeURIComponent(name)}`) };
}

/**
 * @returns null for images and indexes, which are recognised by their platforms.
 *
 * @param artifactType of artifacts; well-known types have a name
 */
export function kindLabel(kind: ManifestKind, t: Page['t'], artifactType?: string | null): string | null {
  switch (kind) {
    case 'helm':
      return t('parts:kind.helm');
    case 'signature':
      return t('parts:kind.signature');
    case 'attestation':
      return t('parts:kind.attestation');
    case 'sbom':
      return t('parts:kind.sbom');
    case 'artifact':
      return artifactKind(artifactType)?.name(t) ?? t('parts:kind.artifact');
    default:
      return null;
  }
}

/** A name for every kind, for filters. */
export function kindName(kind: string, t: Page['t']): string {
  if (kind === 'image') return t('parts:list.kind_image');
  if (kind === 'index') return t('parts:list.kind_index');
  return kindLabel(kind as ManifestKind, t) ?? kind;
}
