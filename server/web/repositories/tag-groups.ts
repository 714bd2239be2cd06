/** Rows of a repository: in one list the tags of an image share a row, in another each has its own. */
import type { FlatTag, TagGroup, TagRow } from '../../catalog/lists/tags.ts';
import { type AttachedCells, attachedCells, attachmentWord, groupKind } from '../parts/attached.ts';
import { deletePath, imagePath, referencePath, shortDigest } from '../parts/cells.ts';
import { type CopyLine, copyLine } from '../parts/commands.ts';
import { kindLabel } from '../parts/labels.ts';
import {
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
  readonly pushed: TimeCell | null;
  /** In the place of an unknown push. */
  readonly built: TimeCell | null;
  readonly by: PersonCell | null;
  readonly pulled: TimeCell | null;
  readonly pulls: string;
  readonly error: string | null;
  readonly menuLabel: string;
  /** null: it has no layers to compare. */
  readonly compare: CompareCell | null;
  readonly copy: CopyLine;
  readonly choice: ChoiceCell;
}

/** The box of a row: what is chosen by it. */
export interface ChoiceCell {
  readonly field: 'image' | 'tag' | 'manifest';
  readonly value: string;
  readonly tagCount: number;
  /** What people type to pull it. */
  readonly reference: string;
  readonly label: string;
}

export interface CompareCell {
  /** `team/app:v1@sha256:…`, as the page that compares takes it. */
  readonly value: string;
  readonly href: string;
}

export interface TagCell {
  readonly name: string;
  readonly href: string;
  readonly deleteText: string;
  /** null: the viewer may not. */
  readonly deleteHref: string | null;
  readonly missing: boolean;
}

export interface RowContext {
  readonly page: Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'copy'>;
  readonly repository: string;
  readonly largest: number;
  readonly mayDelete: boolean;
}

export function groupCells(group: TagGroup, context: RowContext): TagCells {
  const { page } = context;
  const [first] = group.tags;
  const rest = group.tagCount - group.tags.length;
  const label = page.t('parts:list.more_tags', { count: rest, formatted: page.format.number(rest) });
  const href = page.urlWith({ view: 'flat', digest: group.digest, filter: null, after: null, from: null });
  return {
    ...rowCells(group, context),
    tags: group.tags.map((tag) => tagCell(tag, context)),
    more: rest > 0 ? { text: `+${page.format.number(rest)}`, label, href } : null,
    kind: groupKind(group, page),
    under: attachedCells(group, context.repository, page),
    menuLabel: page.t('parts:repository.menu', { tag: first?.name ?? shortDigest(group.digest) }),
    compare: compareCell(group, first?.name, context),
    copy: copyLine(page, { name: context.repository, tag: first?.name, digest: group.digest, ...whatOf(group) }),
    choice: choiceCell(first === undefined ? 'manifest' : 'image', group, first?.name, context),
  };
}

export function flatCells(tag: FlatTag, context: RowContext): TagCells {
  return {
    ...rowCells(tag, context),
    href: context.page.url(imagePath(context.repository, tag.name, tag.digest)),
    tags: [tagCell(tag, context)],
    more: null,
    under: NOTHING_UNDER,
    menuLabel: context.page.t('parts:repository.menu', { tag: tag.name }),
    compare: compareCell(tag, tag.name, context),
    copy: copyLine(context.page, { name: context.repository, tag: tag.name, digest: tag.digest, ...whatOf(tag) }),
    choice: choiceCell('tag', { digest: tag.digest, tagCount: 1 }, tag.name, context),
  };
}

const NOTHING_UNDER: AttachedCells = { lines: [], more: null };

function whatOf({ kind, artifactType }: Pick<TagGroup, 'kind' | 'artifactType'>) {
  return { kind, artifactType };
}

function rowCells(row: TagGroup | FlatTag, { page, repository, largest }: RowContext) {
  return {
    digest: row.digest,
    shortDigest: shortDigest(row.digest),
    href: page.url(referencePath(`${repository}@${row.digest}`)),
    platforms: platformChips(row.platforms),
    kind: kindLabel(row.kind, page.t, row.artifactType),
    // Nobody knows the size of a manifest that was not read; schema 1 names none.
    size: row.sizeBytes === 0 ? null : sizeCell({ bytes: row.sizeBytes, uniqueBytes: null, largest }, page),
    pushed: timeCell(row.pushedAt, page),
    built: row.pushedAt === null ? timeCell(row.createdAt, page) : null,
    by: personCell(row.pushedBy, row.pushConfirmed),
    pulled: timeCell(row.lastPulledAt, page),
    pulls: page.format.number(row.pullCount),
    attached: row.attachments.map((each) => attachmentWord(each, page.t)),
    error: row.error,
    heading: null,
  };
}

function choiceCell(
  field: ChoiceCell['field'],
  { digest, tagCount }: { readonly digest: string; readonly tagCount: number },
  tag: string | undefined,
  { page, repository }: RowContext,
): ChoiceCell {
  return {
    ...{ field, tagCount },
    value: field === 'manifest' ? digest : `${tag ?? ''}@${digest}`,
    reference: `${page.copy.host}/${repository}${tag === undefined ? `@${digest}` : `:${tag}`}`,
    label: page.t('housekeeping:bar.select', { name: tag ?? shortDigest(digest) }),
  };
}

function compareCell(
  { kind, digest }: Pick<TagGroup, 'kind' | 'digest'>,
  tag: string | undefined,
  { page, repository }: RowContext,
): CompareCell | null {
  if (kind !== 'image' && kind !== 'index') return null;
  const value = `${repository}${tag === undefined ? '' : `:${tag}`}@${digest}`;
  return { value, href: page.url(`/compare?a=${encodeURIComponent(value)}`) };
}

function tagCell({ name, digest, missingSince }: TagRow, { page, repository, mayDelete }: RowContext): TagCell {
  return {
    name,
    href: page.url(imagePath(repository, name, digest)),
    deleteText: page.t('parts:delete.menu', { tag: name }),
    deleteHref: mayDelete ? page.url(deletePath(repository, name, digest)) : null,
    missing: missingSince !== null,
  };
}
