import { isRepositoryName } from '../documents/reference.ts';
import { byBytes, listFolder } from './files.ts';
import { MANIFESTS, repositoriesFolder } from './layout.ts';

export interface NamePage {
  readonly names: readonly string[];
  /** Where the next page begins; undefined: this was the last. */
  readonly next: string | undefined;
  /** What was passed over, as paths below `repositories/`. */
  readonly passedOver: readonly string[];
}

const MAX_PASSED_OVER = 20;

/**
 * The repositories of a storage in the order of their paths, part by part: `a`, `a/b`, `a-b`. Bounded by the page and by
 * the largest single folder.
 *
 * @param after the last name of the page before; '' for the first page.
 */
export function listRepositories(root: string, after: string, limit: number): NamePage {
  const walk: Walk = { root: repositoriesFolder(root), limit, names: [], passedOver: [] };
  walkFolder(walk, '', after === '' ? [] : after.split('/'));
  const isLast = walk.names.length < limit;
  return { names: walk.names, next: isLast ? undefined : walk.names.at(-1), passedOver: walk.passedOver };
}

interface Walk {
  readonly root: string;
  readonly limit: number;
  readonly names: string[];
  readonly passedOver: string[];
}

/** @param after the rest of the path to begin behind; empty: everything below is new. */
function walkFolder(walk: Walk, name: string, after: readonly string[]): void {
  const content = listFolder(name === '' ? walk.root : `${walk.root}/${name}`);
  if (content === undefined) return;
  const [from = ''] = after;
  for (const link of content.links) passOver(walk, join(name, link));
  for (const folder of content.folders) {
    if (walk.names.length >= walk.limit) return;
    if (folder.startsWith('_') || byBytes(folder, from) < 0) continue;
    visit(walk, join(name, folder), folder === from ? after.slice(1) : undefined);
  }
}

/** @param after undefined: it comes behind where the page begins, itself included. */
function visit(walk: Walk, name: string, after: readonly string[] | undefined): void {
  if (!isRepositoryName(name)) {
    passOver(walk, name);
    return;
  }
  if (after === undefined && isRepository(walk, name)) walk.names.push(name);
  walkFolder(walk, name, after ?? []);
}

function isRepository({ root }: Walk, name: string): boolean {
  return listFolder(`${root}/${name}/${MANIFESTS}`) !== undefined;
}

function passOver({ passedOver }: Walk, path: string): void {
  if (passedOver.length < MAX_PASSED_OVER) passedOver.push(path);
}

function join(name: string, part: string): string {
  return name === '' ? part : `${name}/${part}`;
}
