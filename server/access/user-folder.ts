import { createHash } from 'node:crypto';

/** One part of a repository's name. @see https://distribution.github.io/distribution/spec/api/#overview */
const FOLDER = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const HASH_LENGTH = 8;

/** Whether a folder can have this user's name, so that `${user}` opens something. */
export function isFolderName(username: string): boolean {
  return FOLDER.test(username);
}

/**
 * What `${user:slug}` stands for: the name itself where a folder can have it, else the name cleaned, with a few digits of
 * its hash, so that `a+b@x.org` and `a-b@x.org` never share a folder.
 */
export function folderOf(username: string): string {
  if (isFolderName(username)) return username;
  const parts = username
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/[._-]{2,}/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  const hash = createHash('sha256').update(username).digest('hex').slice(0, HASH_LENGTH);
  return parts === '' ? `user-${hash}` : `${parts}-${hash}`;
}
