/** What somebody chose at /connect, kept for the next visit as it stands in the address: in the same words, in a cookie. */
import type { Page } from '../shell/page.ts';

const CHOICE = ['version', 'runs', 'trust', 'from', 'folder'] as const;
const MAX_LENGTH = 2000;

type Asked = Pick<Page, 'query'>;

/** '' where the address leaves everything open. */
export function choiceIn({ query }: Asked): string {
  const given = new URLSearchParams();
  for (const name of CHOICE) if (query(name) !== '') given.set(name, query(name));
  const text = given.toString();
  return text.length > MAX_LENGTH ? '' : text;
}

/** Whether the version was chosen, too: then the registry is asked first. */
export function namesVersion(kept: string): boolean {
  return new URLSearchParams(kept).has('version');
}

/**
 * The query of this page with what was chosen before; undefined: nothing was.
 * @param kept as `choiceIn` wrote it; what else stands there is left out
 * @param detected a registry that is another version by now has its own lines
 */
export function withKept({ path }: Pick<Page, 'path'>, kept: string, detected: 2 | 3 | null): string | undefined {
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
