import { notFoundOrHidden } from '../../access/actor.ts';
import { parseReferencePath, type Reference } from '../../registry/documents/reference.ts';
import type { Page } from '../shell/page.ts';

/**
 * Parses the reference in an address below `/repositories/`. Express has decoded it; it must not be decoded twice.
 *
 * @throws {AppError} NOT_FOUND when it is not a reference.
 */
export function referenceOf(path: string): Reference {
  const reference = parseReferencePath(path);
  if (reference === undefined) throw notFoundOrHidden();
  return reference;
}

/** A digest, or the beginning of one, as in links. */
const DIGEST_IN_LINKS = /^(?:[a-z0-9]+(?:[.+_-][a-z0-9]+)*:)?[a-f0-9]{8,128}$/;

/** @returns the digest (or its beginning) in the link to a tag, if the tag has moved from it since; else undefined. */
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

/** `/repositories/team/app/-/activity`: a page about a repository. Without `:` and `@`, so never of a tag or digest. */
export function repositoryRoute(tail: string): RegExp {
  return new RegExp(`^\\/repositories\\/((?:(?!\\/-\\/)[^:@])+)\\/-\\/${tail}$`, 's');
}
