/**
 * Reads folders and files of the registry's storage, which may contain anything. Synchronous: only for worker threads.
 */
import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';

export interface Folder {
  /** Sorted by bytes. */
  readonly folders: readonly string[];
  /** Symbolic links. They are not followed, because they may lead anywhere or form a cycle. */
  readonly links: readonly string[];
}

/** @returns undefined when there is no such folder. @throws other errors of the file system. */
export function listFolder(path: string): Folder | undefined {
  const entries = orMissing(() => readdirSync(path, { withFileTypes: true }));
  if (entries === undefined) return undefined;
  const named = (isWanted: (entry: Dirent) => boolean): string[] =>
    entries
      .filter(isWanted)
      .map((entry) => entry.name)
      .sort(compareBytes);
  return { folders: named((entry) => entry.isDirectory()), links: named((entry) => entry.isSymbolicLink()) };
}

/** Order by UTF-16 code units, not by locale; names of repositories are ASCII. */
export function compareBytes(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

export type FileContent =
  | { readonly bytes: Buffer }
  | { readonly problem: 'missing' | 'too-large' | 'no-file' | 'outside' };

// Without O_NONBLOCK opening a named pipe would block forever.
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a regular file without following a link at its end.
 * @param root Real path of the storage: a file outside of it is not read.
 * @throws errors of the file system, except that the file is missing.
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

/** Reads at most the size the file had when it was opened. */
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

/** A file that is deleted meanwhile counts as missing. */
function orMissing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (GONE.includes((error as NodeJS.ErrnoException).code)) return undefined;
    throw error;
  }
}
