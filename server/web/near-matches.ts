import type { Request } from 'express';
import { parseReferencePath } from '../registry/reference.ts';
import type { ErrorLink } from './error-state.ts';
import type { Page, Viewer } from './page.ts';

/** Repositories that the viewer may see and whose names are nearly the one that was asked for, or are it. */
export type NearRepositories = (viewer: Viewer, address: string, typed: string) => Promise<readonly string[]>;

const START = '/repositories/';

/** Of an address that leads nowhere; a tag that is not there leads to its repository. */
export async function nearMatches(page: Page, request: Request, near: NearRepositories): Promise<readonly ErrorLink[]> {
  const typed = request.method === 'GET' ? repositoryIn(page.path) : undefined;
  if (typed === undefined) return [];
  const names = await near(page.viewer, page.origin.address, typed).catch(() => []);
  return names.map((text) => ({ text, href: page.url(`${START}${text}`) }));
}

export function repositoryIn(path: string): string | undefined {
  const [pathname = ''] = path.split('?');
  if (!pathname.startsWith(START)) return undefined;
  const [reference = ''] = pathname.slice(START.length).split('/-/');
  return parseReferencePath(reference)?.repository;
}
