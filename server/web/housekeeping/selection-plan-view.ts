/** The preview of a deletion: what is deleted, what stays and why, and how much is freed. Pure. */
import type { PlannedImage, SelectionPlan } from '../../housekeeping/selection-plan.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import { kindName } from '../parts/labels.ts';
import { MAX_CHOSEN } from '../parts/selection.ts';
import type { Page } from '../shell/page.ts';

export interface PlanRow {
  readonly digest: string;
  readonly shortDigest: string;
  readonly href: string;
  readonly kind: string;
  readonly size: string;
  readonly tags: readonly string[];
  /** What happens to the image itself, besides its tags. */
  readonly note: string;
  /** Selected by its digest, but still needed, so it is kept. */
  readonly isKept: boolean;
}

export interface SelectionPlanView {
  readonly heading: string;
  readonly rows: readonly PlanRow[];
  readonly tagValues: readonly string[];
  readonly manifestValues: readonly string[];
  /** Offers to delete the manifests too; null: that would free nothing, or was selected already. */
  readonly offer: { readonly label: string; readonly hint: string } | null;
  /** What is deleted along with the selection and how much that frees; '' for nothing. */
  readonly frees: string;
  readonly submit: string;
  readonly canDelete: boolean;
  /** Says that more was selected than one deletion handles; '' otherwise. */
  readonly isCut: string;
}

type PlanPage = Pick<Page, 't' | 'format' | 'url'>;

export function selectionPlanView(page: PlanPage, repository: string, plan: SelectionPlan): SelectionPlanView {
  const tagged = plan.images.filter(({ tags }) => tags.length > 0);
  const bare = plan.images.filter(({ tags, isUnneeded }) => tags.length === 0 && isUnneeded);
  const all = tagged.flatMap(({ tags, digest }) => tags.map((name) => `${name}@${digest}`));
  const tagValues = all.slice(0, MAX_CHOSEN);
  const counted = (count: number) => ({ count, formatted: page.format.number(count) });
  const isOfTags = tagValues.length > 0;
  return {
    heading: isOfTags
      ? page.t('housekeeping:heading_tags', { ...counted(tagValues.length), repository })
      : page.t('housekeeping:heading_manifests', { ...counted(bare.length), repository }),
    rows: plan.images.map((image) => planRow(image, repository, page)),
    tagValues,
    manifestValues: bare.map(({ digest }) => digest),
    offer: isOfTags ? offerOf(plan, page) : null,
    frees: isOfTags || bare.length === 0 ? '' : freesText(plan, page),
    submit: isOfTags
      ? page.t('housekeeping:submit_tags', counted(tagValues.length))
      : page.t('housekeeping:submit_manifests', counted(bare.length)),
    canDelete: tagValues.length + bare.length > 0,
    isCut: all.length > tagValues.length ? page.t('housekeeping:cut', counted(tagValues.length)) : '',
  };
}

function planRow(image: PlannedImage, repository: string, page: PlanPage): PlanRow {
  const { digest, kind, tags } = image;
  return {
    digest,
    shortDigest: shortDigest(digest),
    href: page.url(referencePath(`${repository}@${digest}`)),
    kind: kindName(kind, page.t),
    size: image.sizeBytes === 0 ? '–' : page.format.bytes(image.sizeBytes),
    tags,
    note: noteOf(image, page),
    isKept: tags.length === 0 && !image.isUnneeded,
  };
}

function noteOf({ tags, siblings, isUnneeded }: PlannedImage, { t, format }: PlanPage): string {
  if (siblings.length > 0) {
    const shown = siblings.slice(0, 5).join(', ');
    const more = siblings.length - 5;
    return more > 0
      ? t('housekeeping:note.siblings_more', { tags: shown, more: format.number(more) })
      : t('housekeeping:note.siblings', { tags: shown });
  }
  if (tags.length === 0) return isUnneeded ? '' : t('housekeeping:note.needed');
  return isUnneeded ? t('housekeeping:note.last_tag') : t('housekeeping:note.in_index');
}

/** Deleting tags alone frees nothing, so deleting their manifests is offered too. */
function offerOf(plan: SelectionPlan, page: PlanPage): SelectionPlanView['offer'] {
  const own = plan.images.filter(({ isUnneeded }) => isUnneeded).length;
  if (own === 0) return null;
  const { t, format } = page;
  const size = format.bytes(plan.freesBytes);
  const label = t('housekeeping:offer', { count: own, formatted: format.number(own), size });
  return {
    label,
    hint: [restText(plan, own, page), t('housekeeping:offer_hint')].filter((text) => text !== '').join(' '),
  };
}

function freesText(plan: SelectionPlan, page: PlanPage): string {
  const own = plan.images.filter(({ isUnneeded }) => isUnneeded).length;
  const frees = page.t('housekeeping:frees', { size: page.format.bytes(plan.freesBytes) });
  return [restText(plan, own, page), frees].filter((text) => text !== '').join(' ');
}

const ATTACHED: readonly string[] = ['signature', 'attestation', 'sbom', 'artifact'];

/** What is deleted along because only the selected images needed it. */
function restText({ unneeded, images }: SelectionPlan, own: number, { t, format }: PlanPage): string {
  const chosen = new Set(images.map(({ digest }) => digest));
  const rest = unneeded.filter(({ digest }) => !chosen.has(digest));
  if (own === 0 || rest.length === 0) return '';
  const attached = rest.filter(({ kind }) => ATTACHED.includes(kind)).length;
  const platforms = rest.length - attached;
  const parts = [
    ...(platforms > 0
      ? [t('housekeeping:rest.platforms', { count: platforms, formatted: format.number(platforms) })]
      : []),
    ...(attached > 0
      ? [t('housekeeping:rest.attachments', { count: attached, formatted: format.number(attached) })]
      : []),
  ];
  return t('housekeeping:rest.text', { what: parts.join(t('housekeeping:rest.and')) });
}
