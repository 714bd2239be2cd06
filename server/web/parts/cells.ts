/**
 * Cells that several pages share: names, chips, links, columns. Pure: pages load the data, these functions format
 * it.
 */

/** `team/sub/app` → `team/sub/` and `app`, which are styled differently. */
export function splitName(name: string): { readonly folder: string; readonly leaf: string } {
  const slash = name.lastIndexOf('/');
  return { folder: name.slice(0, slash + 1), leaf: name.slice(slash + 1) };
}

/** `sha256:6f0a91c2…` → `sha256:6f0a91c2`; the title has the full digest. */
export function shortDigest(digest: string): string {
  const [algorithm, hex = ''] = digest.split(':');
  return hex === '' ? digest.slice(0, 16) : `${algorithm}:${hex.slice(0, 8)}`;
}

/** `linux/amd64` → `amd64`; other systems are kept. */
export function platformLabel(platform: string): string {
  return platform.startsWith('linux/') ? platform.slice('linux/'.length) : platform;
}

export interface PlatformCells {
  readonly shown: readonly { readonly label: string; readonly full: string }[];
  /** How many are not shown; `title` names them. */
  readonly more: number;
  readonly rest: string;
}

/** The first platforms; unknown ones are left out. */
export function platformCells(platforms: readonly string[], limit = 3): PlatformCells {
  const known = platforms.filter((platform) => platform !== '' && platform !== 'unknown/unknown');
  const shown = known.slice(0, limit).map((full) => ({ label: platformLabel(full), full }));
  return { shown, more: Math.max(0, known.length - limit), rest: known.slice(limit).join(', ') };
}

const PLAIN_REFERENCE = /^[\w./:@-]+$/;

/** The path of a reference below /repositories: every segment encoded, `:` and `@` left readable. */
export function referencePath(reference: string): string {
  // The usual case, as lists have hundreds of references: nothing to encode.
  if (PLAIN_REFERENCE.test(reference)) return `/repositories/${reference}`;
  const encoded = reference
    .split('/')
    .map((segment) => encodeURIComponent(segment))
    .join('/');
  return `/repositories/${encoded.replaceAll('%3A', ':').replaceAll('%40', '@')}`;
}

/** As many digits of a digest as lists show; enough to notice that a tag has moved. */
const HEX_IN_LINKS = 8;

/** With the digest that the list shows for the tag, so that the image page can say when the tag has moved since. */
export function imagePath(repository: string, tag: string, digest: string): string {
  const hex = digest.slice(digest.indexOf(':') + 1, digest.indexOf(':') + 1 + HEX_IN_LINKS);
  return `${referencePath(`${repository}:${tag}`)}?digest=${encodeURIComponent(hex)}`;
}

/** The page that confirms a deletion, with the digest that was shown: the tag may move before the click. */
export function deletePath(repository: string, tag: string, digest: string): string {
  return `${referencePath(`${repository}:${tag}`)}/-/delete?${digestQuery(digest)}`;
}

function digestQuery(digest: string): string {
  return `digest=${encodeURIComponent(digest).replaceAll('%3A', ':')}`;
}

/** Share of the largest value, 0 to 1, for the bar behind a size. */
export function shareOf(bytes: number, largest: number): number {
  return largest > 0 ? Math.min(1, bytes / largest) : 0;
}

export interface Column {
  readonly id: string;
  readonly label: string;
  /** Sorts by this column; when it is sorted already, in the other direction. */
  readonly href?: string;
  readonly sorted?: 'ascending' | 'descending';
  readonly isNumber?: boolean;
  readonly hidePhone?: boolean;
  /** A second sort order in the same column, for example by the unique part of a size. */
  readonly also?: Pick<Column, 'id' | 'href' | 'label' | 'sorted'>;
}

export interface Sorting<Sort extends string> {
  readonly sort: Sort;
  readonly direction: 'asc' | 'desc';
}

/** The order in the address, else the first of `sorts`. Names are ascending by default, everything else descending. */
export function parseSorting<Sort extends string>(
  sorts: readonly [Sort, ...Sort[]],
  sort: string,
  direction: string,
): Sorting<Sort> {
  const found = sorts.find((known) => known === sort) ?? sorts[0];
  const first = found === 'name' ? 'asc' : 'desc';
  return { sort: found, direction: direction === 'asc' || direction === 'desc' ? direction : first };
}

/** The link and the sort state of a column header. */
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
