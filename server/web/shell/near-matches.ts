import type { Request } from 'express';
import { parseReferencePath } from '../../registry/documents/reference.ts';
import type { ErrorLink } from './error-state.ts';
import type { Page } from './page.ts';
import type { Viewer } from './who-asks.ts';

/** What an address names that leads nowhere. */
export interface AskedReference {
  readonly repository: string;
  readonly tag?: string | undefined;
}

/** What the viewer may see and is nearly what was asked for: repositories, and tags where the repository is there. */
export type NearReferences = (viewer: Viewer, address: string, asked: AskedReference) => Promise<readonly string[]>;

const START = '/repositories/';

/** Of an address that leads nowhere; a tag that is not there leads to its neighbours and its repository. */
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
