/** The choice made at /connect, kept in a cookie for the next visit, written as the query of its address. */
import type { Page } from '../shell/page.ts';

const CHOICE = ['version', 'runs', 'trust', 'from', 'folder'] as const;
const MAX_LENGTH = 2000;

type Asked = Pick<Page, 'query'>;

/** @returns the part of the query that holds the choice; '' without one, or when it is too long to keep. */
export function readChoice({ query }: Asked): string {
  const given = new URLSearchParams();
  for (const name of CHOICE) if (query(name) !== '') given.set(name, query(name));
  const text = given.toString();
  return text.length > MAX_LENGTH ? '' : text;
}

/** Whether the choice names a version: it may be outdated, so the registry is asked first. */
export function hasVersion(kept: string): boolean {
  return new URLSearchParams(kept).has('version');
}

/**
 * Adds an earlier choice to the query of this page.
 * @param kept as `readChoice` wrote it; unknown names are left out
 * @param detected version of the registry now; a kept choice for another version loses its version and folder
 * @returns `?…`; undefined without an earlier choice
 */
export function restoreChoice({ path }: Pick<Page, 'path'>, kept: string, detected: 2 | 3 | null): string | undefined {
  const before = new URLSearchParams(kept);
  if (detected !== null && before.has('version') && before.get('version') !== `${detected}`) {
    before.delete('version');
    before.delete('folder');
  }
  const now = new URLSearchParams(path.split('?')[1] ?? '');
  const found = CHOICE.filter((name) => before.get(name));
  for (const name of found) now.set(name, before.get(name) ?? '');
  return found.length === 0 ? undefined : `?${now}`;
}
