import type { Page } from '../shell/page.ts';

export function userPath(username: string): string {
  return `/users/${encodeURIComponent(username)}`;
}

export function rolePath(name: string): string {
  return `/roles/${encodeURIComponent(name)}`;
}

/** Whether the viewer may open the pages of users and roles, so that links to them are shown. */
export function mayManage({ viewer }: Pick<Page, 'viewer'>): boolean {
  return viewer.rights.isAdmin && viewer.isSignedIn;
}
