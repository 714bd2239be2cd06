/** Rows of a repository: the tags of one image share a row. */
import type { TagGroup } from '../../catalog/tags.ts';
import type { Page } from '../page.ts';
import { type PlatformCells, platformCells, referencePath, shareOf, shortDigest } from './cells.ts';
import { actor, kindLabel } from './labels.ts';

const MOST_TAGS = 6;

export interface TagGroupCells {
  readonly digest: string;
  readonly shortDigest: string;
  readonly href: string;
  readonly tags: readonly TagCell[];
  /** Tags of this image beyond those shown; the image page has them all. */
  readonly moreTags: number;
  readonly platforms: PlatformCells;
  /** What it is, where it is no ordinary image. */
  readonly kind: string | null;
  readonly isSigned: boolean;
  readonly sizeBytes: number | null;
  readonly share: number;
  readonly pushedAt: number | null;
  readonly by: { readonly name: string; readonly confirmed: boolean } | null;
  readonly pulledAt: number | null;
  readonly pulls: string;
  readonly error: string | null;
}

export interface TagCell {
  readonly name: string;
  readonly href: string;
  /** null: the viewer may not. */
  readonly deleteHref: string | null;
  readonly missing: boolean;
}

interface GroupContext {
  readonly page: Pick<Page, 't' | 'format' | 'url'>;
  readonly repository: string;
  readonly largest: number;
  readonly mayDelete: boolean;
}

export function groupCells(group: TagGroup, { page, repository, largest, mayDelete }: GroupContext): TagGroupCells {
  const path = (tag: string) => referencePath(`${repository}:${tag}`);
  const tagCell = ({ name, missingSince }: TagGroup['tags'][number]): TagCell => ({
    name,
    href: page.url(path(name)),
    deleteHref: mayDelete ? page.url(`${path(name)}/-/delete`) : null,
    missing: missingSince !== null,
  });
  return {
    digest: group.digest,
    shortDigest: shortDigest(group.digest),
    href: page.url(referencePath(`${repository}@${group.digest}`)),
    tags: group.tags.slice(0, MOST_TAGS).map(tagCell),
    moreTags: Math.max(0, group.tags.length - MOST_TAGS),
    platforms: platformCells(group.platforms),
    kind: kindLabel(group.kind, page.t),
    isSigned: group.referrers.signatures > 0,
    sizeBytes: group.mediaType === '' ? null : group.sizeBytes,
    share: shareOf(group.sizeBytes, largest),
    pushedAt: group.pushedAt,
    by: actor(group.pushedBy, group.pushConfirmed),
    pulledAt: group.lastPulledAt,
    pulls: page.format.number(group.pullCount),
    error: group.error,
  };
}
