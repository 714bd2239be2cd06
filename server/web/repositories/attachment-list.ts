/** The list of attachments, grouped by image. */
import type { TagGroup } from '../../catalog/lists/tags.ts';
import { referencePath, shortDigest } from '../parts/cells.ts';
import type { Page } from '../shell/page.ts';

/** The image that the rows below are attached to. */
export interface SubjectHeading {
  readonly text: string;
  /** null: the image is not here, or has no tag. */
  readonly href: string | null;
}

/** Of the rows of one page: an image stands where the first of its attachments stood. */
export function bySubject(rows: readonly TagGroup[]): readonly TagGroup[] {
  const subjects = new Map<string, TagGroup[]>();
  for (const row of rows) subjects.set(row.about, [...(subjects.get(row.about) ?? []), row]);
  return [...subjects.values()].flat();
}

/** @param before the row above. @returns null when that has the same image, or the image is unknown. */
export function subjectHeading(
  { about }: TagGroup,
  before: TagGroup | undefined,
  repository: string,
  { url }: Pick<Page, 'url'>,
): SubjectHeading | null {
  if (about === '' || about === before?.about) return null;
  if (about.includes(':')) return { text: shortDigest(about), href: null };
  return { text: about, href: url(referencePath(`${repository}:${about}`)) };
}
