/** Folders and files of a storage that anybody may have written into. Blocks: for worker threads. */
import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';

export interface Folder {
  /** Sorted by bytes. */
  readonly folders: readonly string[];
  /** Links of the file system, which are not followed: they may lead anywhere, or in a circle. */
  readonly links: readonly string[];
}

/** @returns undefined where there is none. @throws what the file system says otherwise. */
export function listFolder(path: string): Folder | undefined {
  const entries = orMissing(() => readdirSync(path, { withFileTypes: true }));
  if (entries === undefined) return undefined;
  const named = (isWanted: (entry: Dirent) => boolean): string[] =>
    entries
      .filter(isWanted)
      .map((entry) => entry.name)
      .sort(byBytes);
  return { folders: named((entry) => entry.isDirectory()), links: named((entry) => entry.isSymbolicLink()) };
}

export function byBytes(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

export type FileContent =
  | { readonly bytes: Buffer }
  | { readonly problem: 'missing' | 'too-large' | 'no-file' | 'outside' };

// Without O_NONBLOCK a pipe would block for ever.
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * @param root the real path of the storage: what a link on the way leads out of it is not read.
 * @throws what the file system says when it cannot be read.
 */
export function readFile(root: string, path: string, maxBytes: number): FileContent {
  let descriptor: number | undefined;
  try {
    descriptor = orMissing(() => openSync(path, READ));
    if (descriptor === undefined) return { problem: 'missing' };
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { problem: 'no-file' };
    if (stat.size > maxBytes) return { problem: 'too-large' };
    if (!realpathSync.native(path).startsWith(`${root}/`)) return { problem: 'outside' };
    return { bytes: readAll(descriptor, stat.size) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return { problem: 'no-file' };
    throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** What grows meanwhile is read as long as it was. */
function readAll(descriptor: number, sizeBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let read = 0;
  while (read < sizeBytes) {
    const count = readSync(descriptor, bytes, read, sizeBytes - read, read);
    if (count === 0) break;
    read += count;
  }
  return bytes.subarray(0, read);
}

const GONE: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR'];

/** Deleted meanwhile is as good as never there. */
function orMissing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (GONE.includes((error as NodeJS.ErrnoException).code)) return undefined;
    throw error;
  }
}
