/**
 * The small finished pieces that browse pages are made of: names, chips, links, columns. Pure: the pages load,
 * these shape.
 */

/** `team/sub/app` → faint `team/sub/` and strong `app`. */
export function splitName(name: string): { readonly folder: string; readonly leaf: string } {
  const slash = name.lastIndexOf('/');
  return { folder: name.slice(0, slash + 1), leaf: name.slice(slash + 1) };
}

/** `sha256:6f0a91c2…` → `sha256:6f0a91c2`: enough to recognise, the whole is in the title. */
export function shortDigest(digest: string): string {
  const [algorithm, hex = ''] = digest.split(':');
  return hex === '' ? digest.slice(0, 16) : `${algorithm}:${hex.slice(0, 8)}`;
}

/** `linux/amd64` → `amd64`; anything but linux keeps its system. */
export function platformLabel(platform: string): string {
  return platform.startsWith('linux/') ? platform.slice('linux/'.length) : platform;
}

export interface PlatformCells {
  readonly shown: readonly { readonly label: string; readonly full: string }[];
  /** How many did not fit, and their names. */
  readonly more: number;
  readonly rest: string;
}

export function platformCells(platforms: readonly string[], limit = 3): PlatformCells {
  const known = platforms.filter((platform) => platform !== '' && platform !== 'unknown/unknown');
  const shown = known.slice(0, limit).map((full) => ({ label: platformLabel(full), full }));
  return { shown, more: Math.max(0, known.length - limit), rest: known.slice(limit).join(', ') };
}

const PLAIN_REFERENCE = /^[\w./:@-]+$/;

/** The path of a reference below /repositories: every segment encoded, `:` and `@` left readable. */
export function referencePath(reference: string): string {
  // Nearly all: a list has hundreds of them.
  if (PLAIN_REFERENCE.test(reference)) return `/repositories/${reference}`;
  const encoded = reference
    .split('/')
    .map((segment) => encodeURIComponent(segment))
    .join('/');
  return `/repositories/${encoded.replaceAll('%3A', ':').replaceAll('%40', '@')}`;
}

/** So much of a digest, as lists show it, tells whether it is still the same one. */
const HEX_IN_LINKS = 8;

/** With the digest that a list shows for a tag: whoever follows the link learns when the tag has moved since. */
export function imagePath(repository: string, tag: string, digest: string): string {
  const hex = digest.slice(digest.indexOf(':') + 1, digest.indexOf(':') + 1 + HEX_IN_LINKS);
  return `${referencePath(`${repository}:${tag}`)}?digest=${encodeURIComponent(hex)}`;
}

/** The page that asks before a tag goes, with the digest that was shown: the tag may move before the click. */
export function deletePath(repository: string, tag: string, digest: string): string {
  return `${referencePath(`${repository}:${tag}`)}/-/delete?${digestQuery(digest)}`;
}

function digestQuery(digest: string): string {
  return `digest=${encodeURIComponent(digest).replaceAll('%3A', ':')}`;
}

/** Share of the largest, 0 to 1, for the thin bar behind a size. */
export function shareOf(bytes: number, largest: number): number {
  return largest > 0 ? Math.min(1, bytes / largest) : 0;
}

export interface Column {
  readonly id: string;
  readonly label: string;
  /** Sorts by this column; again: the other way round. */
  readonly href?: string;
  readonly sorted?: 'ascending' | 'descending';
  readonly isNumber?: boolean;
  readonly hidePhone?: boolean;
  /** A second order in the same column: by the unique part of a size. */
  readonly also?: Pick<Column, 'id' | 'href' | 'label' | 'sorted'>;
}

export interface Sorting<Sort extends string> {
  readonly sort: Sort;
  readonly direction: 'asc' | 'desc';
}

/** A list's order as its URL says; anything else is the default. The first click shows the largest or newest first, names from A. */
export function parseSorting<Sort extends string>(
  sorts: readonly [Sort, ...Sort[]],
  sort: string,
  direction: string,
): Sorting<Sort> {
  const found = sorts.find((known) => known === sort) ?? sorts[0];
  const first = found === 'name' ? 'asc' : 'desc';
  return { sort: found, direction: direction === 'asc' || direction === 'desc' ? direction : first };
}

/** What a header links to and says of the present order. */
export function sortedColumn<Sort extends string>(
  current: Sorting<Sort>,
  sort: Sort,
  urlWith: (changes: Record<string, string | null>) => string,
): Pick<Column, 'href' | 'sorted'> {
  const isCurrent = current.sort === sort;
  const first = sort === 'name' ? 'asc' : 'desc';
  const next = !isCurrent ? first : current.direction === 'asc' ? 'desc' : 'asc';
  const href = urlWith({ sort, direction: next === first ? null : next, after: null, from: null });
  if (!isCurrent) return { href };
  return { href, sorted: current.direction === 'asc' ? 'ascending' : 'descending' };
}
