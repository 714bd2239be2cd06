import type { Request } from 'express';
import { parseReferencePath } from '../../registry/documents/reference.ts';
import type { ErrorLink } from './error-state.ts';
import type { Page } from './page.ts';
import type { Viewer } from './viewer.ts';

/** The repository and tag in the address of a missing page. */
export interface AskedReference {
  readonly repository: string;
  readonly tag?: string | undefined;
}

/** Names similar to the missing one that the viewer may see: repositories, and tags of an existing repository. */
export type NearReferences = (viewer: Viewer, address: string, asked: AskedReference) => Promise<readonly string[]>;

const START = '/repositories/';

/** Suggestions for a missing page; for a missing tag also its repository. A failing lookup gives none. */
export async function nearMatches(page: Page, request: Request, near: NearReferences): Promise<readonly ErrorLink[]> {
  const asked = request.method === 'GET' ? referenceIn(page.path) : undefined;
  if (asked === undefined) return [];
  const names = await near(page.viewer, page.origin.address, asked).catch(() => []);
  return names.map((text) => ({ text, href: page.url(`${START}${text}`) }));
}

export function referenceIn(path: string): AskedReference | undefined {
  const [pathname = ''] = path.split('?');
  if (!pathname.startsWith(START)) return undefined;
  const [text = ''] = pathname.slice(START.length).split('/-/');
  const reference = parseReferencePath(text);
  if (reference === undefined) return undefined;
  return 'tag' in reference ? reference : { repository: reference.repository };
}
