/** Rows of a repository: in one list the tags of an image share a row, in another each has its own. */
import type { FlatTag, TagGroup, TagRow } from '../../catalog/lists/tags.ts';
import { type AttachedCells, attachedCells, attachmentWord, groupKind } from '../parts/attached.ts';
import { imagePath, referencePath, shortDigest } from '../parts/cells.ts';
import { kindLabel } from '../parts/labels.ts';
import {
  type AgeCell,
  ageCell,
  type ChipCell,
  type PersonCell,
  personCell,
  platformChips,
  type SizeCell,
  sizeCell,
  type TimeCell,
  timeCell,
} from '../parts/list-cells.ts';
import type { Page } from '../shell/page.ts';
import type { SubjectHeading } from './attachment-list.ts';

export interface TagCells {
  readonly digest: string;
  readonly shortDigest: string;
  readonly href: string;
  readonly tags: readonly TagCell[];
  /** Tags of this image beyond those shown. */
  readonly more: { readonly text: string; readonly label: string; readonly href: string } | null;
  readonly platforms: readonly ChipCell[];
  /** What it is, where it is no ordinary image. */
  readonly kind: string | null;
  /** `signed`, `SBOM`, `provenance`. */
  readonly attached: readonly string[];
  /** Above it: the image that it and the next rows are attached to. */
  readonly heading: SubjectHeading | null;
  /** What is attached, line by line. */
  readonly under: AttachedCells;
  readonly size: SizeCell | null;
  readonly pushed: AgeCell | null;
  /** In the place of an unknown push. */
  readonly built: TimeCell | null;
  readonly by: PersonCell | null;
  readonly pulled: AgeCell | null;
  readonly pulls: string;
  readonly error: string | null;
  readonly choice: ChoiceCell;
}

/** The box of a row: what is chosen by it. */
export interface ChoiceCell {
  readonly field: 'image' | 'tag' | 'manifest';
  readonly value: string;
  readonly tagCount: number;
  readonly label: string;
}

export interface TagCell {
  readonly name: string;
  readonly href: string;
  readonly missing: boolean;
}

export interface RowContext {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'copy'>;
  readonly repository: string;
  readonly largest: number;
  /** What links to tags begin with where a script adds their digest: fifty rows need not repeat it. */
  readonly base?: string;
}

export function groupCells(group: TagGroup, context: RowContext): TagCells {
  const { page } = context;
  const [first] = group.tags;
  return rowCells(group, context, {
    tags: group.tags.map((tag) => tagCell(tag, context)),
    more: moreTags(group, page),
    kind: groupKind(group, page),
    under: attachedCells(group, context.repository, page),
    choice: choiceCell(first === undefined ? 'manifest' : 'image', group, first?.name, page),
  });
}

function moreTags({ digest, tagCount, tags }: TagGroup, { t, format, urlWith }: RowContext['page']): TagCells['more'] {
  const rest = tagCount - tags.length;
  if (rest <= 0) return null;
  return {
    text: `+${format.number(rest)}`,
    label: t('parts:list.more_tags', { count: rest, formatted: format.number(rest) }),
    href: urlWith({ view: 'flat', digest, filter: null, after: null, from: null }),
  };
}

export function flatCells(tag: FlatTag, context: RowContext): TagCells {
  const { page } = context;
  return rowCells(tag, context, {
    tags: [tagCell(tag, context)],
    more: null,
    kind: kindLabel(tag.kind, page.t, tag.artifactType),
    under: NOTHING_UNDER,
    choice: choiceCell('tag', { digest: tag.digest, tagCount: 1 }, tag.name, page),
  });
}

const NOTHING_UNDER: AttachedCells = { lines: [], more: null };

type OwnCells = Pick<TagCells, 'tags' | 'more' | 'kind' | 'under' | 'choice'>;

/** Every key by name: fifty rows of spread objects cost more than drawing them. */
function rowCells(row: TagGroup | FlatTag, { page, repository, largest }: RowContext, own: OwnCells): TagCells {
  return {
    digest: row.digest,
    shortDigest: shortDigest(row.digest),
    href: page.url(referencePath(`${repository}@${row.digest}`)),
    tags: own.tags,
    more: own.more,
    platforms: platformChips(row.platforms),
    kind: own.kind,
    attached: row.attachments.map((each) => attachmentWord(each, page.t)),
    heading: null,
    under: own.under,
    // The size of an unread manifest is unknown, and schema 1 has none.
    size: row.sizeBytes === 0 ? null : sizeCell({ bytes: row.sizeBytes, uniqueBytes: null, largest }, page),
    pushed: ageCell(row.pushedAt, page),
    built: row.pushedAt === null ? timeCell(row.createdAt, page) : null,
    by: personCell(row.pushedBy, row.pushConfirmed),
    pulled: ageCell(row.lastPulledAt, page),
    pulls: page.format.number(row.pullCount),
    error: row.error,
    choice: own.choice,
  };
}

function choiceCell(
  field: ChoiceCell['field'],
  { digest, tagCount }: { readonly digest: string; readonly tagCount: number },
  tag: string | undefined,
  { t }: RowContext['page'],
): ChoiceCell {
  return {
    field,
    tagCount,
    value: field === 'manifest' ? digest : `${tag ?? ''}@${digest}`,
    label: t('housekeeping:bar.select', { name: tag ?? shortDigest(digest) }),
  };
}

function tagCell({ name, digest, missingSince }: TagRow, { page, repository, base }: RowContext): TagCell {
  const href =
    base === undefined ? page.url(imagePath(repository, name, digest)) : `${base}:${encodeURIComponent(name)}`;
  return { name, href, missing: missingSince !== null };
}
