import { isRepositoryName } from '../documents/reference.ts';
import { compareBytes, listFolder } from './files.ts';
import { MANIFESTS_FOLDER, repositoriesFolder } from './layout.ts';

export interface NamePage {
  readonly names: readonly string[];
  /** Pass as `after` for the next page; undefined on the last one. */
  readonly next: string | undefined;
  /** Skipped links and folders with invalid names, as paths below `repositories/`; at most 20. */
  readonly skipped: readonly string[];
}

const MAX_SKIPPED = 20;

/**
 * One page of the repositories of a storage, sorted by path component: `a`, `a/b`, `a-b`. Memory is bounded by the page
 * and the largest single folder.
 * @param after The last name of the page before; '' for the first page.
 */
export function listRepositories(root: string, after: string, limit: number): NamePage {
  const walk: Walk = { root: repositoriesFolder(root), limit, names: [], skipped: [] };
  walkFolder(walk, '', after === '' ? [] : after.split('/'));
  const isLast = walk.names.length < limit;
  return { names: walk.names, next: isLast ? undefined : walk.names.at(-1), skipped: walk.skipped };
}

interface Walk {
  readonly root: string;
  readonly limit: number;
  readonly names: string[];
  readonly skipped: string[];
}

/** @param after Remaining components of the last name; empty: everything below is new. */
function walkFolder(walk: Walk, name: string, after: readonly string[]): void {
  const content = listFolder(name === '' ? walk.root : `${walk.root}/${name}`);
  if (content === undefined) return;
  const [from = ''] = after;
  for (const link of content.links) skip(walk, join(name, link));
  for (const folder of content.folders) {
    if (walk.names.length >= walk.limit) return;
    if (folder.startsWith('_') || compareBytes(folder, from) < 0) continue;
    visit(walk, join(name, folder), folder === from ? after.slice(1) : undefined);
  }
}

/** @param after undefined: this folder comes after the last name, itself included. */
function visit(walk: Walk, name: string, after: readonly string[] | undefined): void {
  if (!isRepositoryName(name)) {
    skip(walk, name);
    return;
  }
  if (after === undefined && isRepository(walk, name)) walk.names.push(name);
  walkFolder(walk, name, after ?? []);
}

function isRepository({ root }: Walk, name: string): boolean {
  return listFolder(`${root}/${name}/${MANIFESTS_FOLDER}`) !== undefined;
}

function skip({ skipped }: Walk, path: string): void {
  if (skipped.length < MAX_SKIPPED) skipped.push(path);
}

function join(name: string, part: string): string {
  return name === '' ? part : `${name}/${part}`;
}
