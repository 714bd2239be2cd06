import type { Page } from '../shell/page.ts';

export function userPath(username: string): string {
  return `/users/${encodeURIComponent(username)}`;
}

export function rolePath(name: string): string {
  return `/roles/${encodeURIComponent(name)}`;
}

/** Whether links to users and roles lead anywhere: their pages want an admin who signed in. */
export function mayManage({ viewer }: Pick<Page, 'viewer'>): boolean {
  return viewer.rights.isAdmin && viewer.isSignedIn;
}
