/** Attachments of images (signatures, SBOMs, …) as cells of lists. */
import type { Attached, Attachment } from '../../catalog/lists/attachments.ts';
import type { TagGroup } from '../../catalog/lists/tags.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import type { Page } from '../shell/page.ts';
import { referencePath, shortDigest } from './cells.ts';
import { kindLabel } from './labels.ts';

type AttachedPage = Pick<Page, 't' | 'format' | 'url'>;

/** The lines under an image. */
export interface AttachedCells {
  readonly lines: readonly { readonly href: string; readonly kind: string; readonly rest: string }[];
  /** Link to the attachments that are not listed; null when all are. */
  readonly more: { readonly href: string; readonly text: string } | null;
}

/** `Signature · v12.5.0 · by ci`, each with a link. */
export function attachedCells(group: TagGroup, repository: string, page: AttachedPage): AttachedCells {
  const { t, format, url } = page;
  const name = group.tags[0]?.name ?? shortDigest(group.digest);
  const lines = group.attached.map((attached) => ({
    href: url(referencePath(`${repository}@${attached.digest}`)),
    kind: attachedKind(attached, t),
    rest: aboutText(name, attached.pushedBy, t),
  }));
  const rest = group.attachedCount - lines.length;
  if (rest <= 0) return { lines, more: null };
  const href = `${url(referencePath(`${repository}@${group.digest}`))}?tab=referrers#details`;
  return {
    lines,
    more: { href, text: t('parts:list.attached_more', { count: rest, formatted: format.number(rest) }) },
  };
}

/** `Signature`, `SBOM`, `Provenance`; other attestations are called `Attestation`. */
export function attachedKind(
  { kind, states, artifactType = null }: Pick<Attached, 'kind' | 'states'> & { readonly artifactType?: string | null },
  t: Page['t'],
): string {
  const shown = kind === 'attestation' && states.length > 0 ? states : [kind];
  return shown.map((each) => kindText(each, artifactType, t)).join(', ');
}

function kindText(kind: ManifestKind | Attachment, artifactType: string | null, t: Page['t']): string {
  if (kind === 'signature') return t('parts:list.attached_kind.signature');
  if (kind === 'attestation') return t('parts:list.attached_kind.attestation');
  if (kind === 'provenance') return t('parts:list.attached_kind.provenance');
  return kindLabel(kind, t, artifactType) ?? t('parts:kind.artifact');
}

/** The kind of a row that is itself an attachment; null for ordinary images. */
export function groupKind(group: TagGroup, { t }: Pick<Page, 't'>): string | null {
  if (group.about === '') return kindLabel(group.kind, t, group.artifactType);
  const about = group.about.includes(':') ? shortDigest(group.about) : group.about;
  return `${attachedKind(group, t)} · ${aboutText(about, group.pushedBy, t)}`;
}

function aboutText(name: string, pushedBy: string | null, t: Page['t']): string {
  return [name, ...(pushedBy ? [t('parts:list.attached_by', { name: pushedBy })] : [])].join(' · ');
}

export function attachmentWord(attachment: Attachment, t: Page['t']): string {
  const words: Record<Attachment, string> = {
    signature: t('parts:list.attached.signature'),
    sbom: t('parts:list.attached.sbom'),
    provenance: t('parts:list.attached.provenance'),
  };
  return words[attachment];
}
