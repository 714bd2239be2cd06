/** Words and links that several browse pages share. */
import type { ManifestKind } from '../../storage/schema.ts';
import type { Crumb, Page } from '../page.ts';

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

/** Images and indexes need no word: their platforms say it. */
export function kindLabel(kind: ManifestKind, t: Page['t']): string | null {
  const labels: Partial<Record<ManifestKind, string>> = {
    helm: t('browse:kind.helm'),
    signature: t('browse:kind.signature'),
    attestation: t('browse:kind.attestation'),
    sbom: t('browse:kind.sbom'),
    artifact: t('browse:kind.artifact'),
  };
  return labels[kind] ?? null;
}
