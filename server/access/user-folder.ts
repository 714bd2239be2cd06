import { createHash } from 'node:crypto';

/** One path component of a repository name. @see https://distribution.github.io/distribution/spec/api/#overview */
const FOLDER = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const HASH_LENGTH = 8;

/** Whether the user name is a valid path component, so that `${user}` can match a repository. */
export function isFolderName(username: string): boolean {
  return FOLDER.test(username);
}

/**
 * What `${user:slug}` stands for: the user name where it is a valid path component, else a cleaned name with eight
 * digits of its SHA-256, so that `a+b@x.org` and `a-b@x.org` never share a folder.
 */
export function userFolderName(username: string): string {
  if (isFolderName(username)) return username;
  const parts = username
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/[._-]{2,}/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  const hash = createHash('sha256').update(username).digest('hex').slice(0, HASH_LENGTH);
  return parts === '' ? `user-${hash}` : `${parts}-${hash}`;
}
