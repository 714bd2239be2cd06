import { notFoundOrHidden } from '../../access/actor.ts';
import { parseReferencePath, type Reference } from '../../registry/documents/reference.ts';
import type { Page } from '../shell/page.ts';

/**
 * What an address below `/repositories/` names. Express has decoded it once already; nothing is decoded again.
 *
 * @throws {AppError} NOT_FOUND for anything that is no reference.
 */
export function referenceOf(path: string): Reference {
  const reference = parseReferencePath(path);
  if (reference === undefined) throw notFoundOrHidden();
  return reference;
}

/** A digest, or the first figures of one, as links carry it. */
const DIGEST_IN_LINKS = /^(?:[a-z0-9]+(?:[.+_-][a-z0-9]+)*:)?[a-f0-9]{8,128}$/;

/** What a link to a tag says that its digest was, or began with, where the tag has moved from it since. */
export function movedFrom(page: Pick<Page, 'query'>, digest: string): string | undefined {
  const meant = page.query('digest');
  if (!DIGEST_IN_LINKS.test(meant)) return undefined;
  const whole = meant.includes(':') ? meant : `${digest.slice(0, digest.indexOf(':'))}:${meant}`;
  return digest.startsWith(whole) ? undefined : whole;
}

/** `/repositories/` + reference + an optional page below it; the first group is the reference. No name contains `/-/`. */
export const REFERENCE_ROUTE = /^\/repositories\/((?:(?!\/-\/).)+?)$/s;
export const DELETE_ROUTE = /^\/repositories\/((?:(?!\/-\/).)+)\/-\/delete$/s;
export const REFRESH_ROUTE = /^\/repositories\/((?:(?!\/-\/).)+)\/-\/refresh$/s;
export const RAW_ROUTE = /^\/repositories\/((?:(?!\/-\/).)+)\/-\/(manifest|config)$/s;
export const LAYER_ROUTE = /^\/repositories\/((?:(?!\/-\/).)+)\/-\/layers\/([^/]+)$/s;

/** `/repositories/team/app/-/activity`: a page about a repository. The group takes no `:` or `@`, so never a tag or digest. */
export function repositoryRoute(tail: string): RegExp {
  return new RegExp(`^\\/repositories\\/((?:(?!\\/-\\/)[^:@])+)\\/-\\/${tail}$`, 's');
}
