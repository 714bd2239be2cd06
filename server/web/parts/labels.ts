/** Words and links that several browse pages share. */
import type { ManifestKind } from '../../storage/schema.ts';
import type { Crumb, Page } from '../shell/page.ts';
import { artifactKind } from './artifact-kinds.ts';

/** Nobody known: pushed before we listened, or without a name. */
export function actor(name: string | null, confirmed: boolean): { name: string; confirmed: boolean } | null {
  return name === null || name === '' ? null : { name, confirmed };
}

/** Every part of a folder is a link to what lies in it. */
export function folderCrumbs(folder: string, { url }: Pick<Page, 'url'>): readonly Crumb[] {
  const parts = folder.split('/').filter((part) => part !== '');
  return parts.map((text, index) => ({
    text,
    href: url(`/repositories?folder=${encodeURIComponent(parts.slice(0, index + 1).join('/'))}`),
  }));
}

export function folderLink(folder: string, { url }: Pick<Page, 'url'>): { name: string; href: string } | null {
  const name = folder.replace(/\/$/, '');
  return name === '' ? null : { name, href: url(`/repositories?folder=${encodeURIComponent(name)}`) };
}

/**
 * Images and indexes need no word: their platforms say it.
 *
 * @param artifactType of an artifact, which many people know by name.
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

/** A word for every kind, where one is chosen. */
export function kindName(kind: string, t: Page['t']): string {
  if (kind === 'image') return t('parts:list.kind_image');
  if (kind === 'index') return t('parts:list.kind_index');
  return kindLabel(kind as ManifestKind, t) ?? kind;
}
