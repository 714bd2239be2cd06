/** Health of the database file: failed and successful writes, free space, the file itself. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AppError } from '../errors.ts';
import { type StorageTrouble, storageError, storageTrouble } from './failure.ts';

export interface StorageFacts {
  readonly trouble: StorageTrouble | null;
  /** Since when; epoch milliseconds. */
  readonly since: number | null;
  /** Message of the database engine. */
  readonly error: string | null;
  readonly freeBytes: number | null;
  /** null where the file system does not count them. */
  readonly freeInodes: number | null;
  readonly fileBytes: number;
  /** Size of the write-ahead log. */
  readonly walBytes: number;
  /** The last check for damage; null: none yet. */
  readonly checkedAt: number | null;
}

export type TroubleListener = (kind: StorageTrouble, error: string | null) => void;

interface Trouble {
  readonly kind: StorageTrouble;
  readonly since: number;
  readonly error: string | null;
}

/** With less free space no write is attempted: a commit needs space in the log and in the file. */
export const MIN_FREE_BYTES = 4 * 1024 * 1024;
const MIN_FREE_INODES = 8;
/** From this size on, the write-ahead log is reported. */
export const MAX_WAL_BYTES = 128 * 1024 * 1024;
/** Troubles that last until a restart. */
export const PERMANENT_TROUBLES: ReadonlySet<StorageTrouble> = new Set(['damaged', 'lost']);

export type StorageHealth = ReturnType<typeof createStorageHealth>;

/** @param file Path of the database, which exists. */
export function createStorageHealth(file: string, now: () => number = Date.now) {
  const opened = statSync(file);
  const listeners = new Set<TroubleListener>();
  let trouble: Trouble | undefined;
  let checkedAt: number | null = null;

  function set(kind: StorageTrouble, error: string | null): void {
    if (trouble?.kind === kind || (trouble !== undefined && PERMANENT_TROUBLES.has(trouble.kind))) return;
    trouble = { kind, since: now(), error };
    for (const listener of listeners) listener(kind, error);
  }

  function clear(): void {
    if (trouble !== undefined && !PERMANENT_TROUBLES.has(trouble.kind)) trouble = undefined;
  }

  function assertAllowed(): void {
    if (trouble !== undefined && PERMANENT_TROUBLES.has(trouble.kind)) throw storageError(trouble.kind);
  }

  function isSameFile(): boolean {
    const found = statSync(file, { throwIfNoEntry: false });
    return found !== undefined && found.ino === opened.ino && found.dev === opened.dev;
  }

  function outsideTrouble(): StorageTrouble | undefined {
    if (!isSameFile()) return 'lost';
    if (!isWritable(file)) return 'readonly';
    const { freeBytes, freeInodes } = freeSpace(file);
    const isFull = (freeBytes ?? MIN_FREE_BYTES) < MIN_FREE_BYTES || (freeInodes ?? MIN_FREE_INODES) < MIN_FREE_INODES;
    return isFull ? 'full' : undefined;
  }

  return {
    /**
     * Records a failed statement.
     * @returns the error to throw: an `AppError` UNAVAILABLE, or the same error when it is not a failure of the
     * storage.
     */
    toStorageError(error: unknown): unknown {
      const kind = storageTrouble(error);
      if (kind === undefined) return error;
      if (kind !== 'busy') set(kind, error instanceof Error ? error.message : null);
      return storageError(kind, error);
    },
    /** Records a committed write: the trouble is over unless something still prevents writing. */
    writeSucceeded(): void {
      if (trouble !== undefined && outsideTrouble() === undefined) clear();
    },
    /** To be called before each write. @throws {AppError} UNAVAILABLE when the file is damaged or lost. */
    assertAllowed,
    /**
     * To be called before each commit.
     * @throws {AppError} UNAVAILABLE when the file was removed or replaced, so that the commit would be lost.
     */
    assertDurable(): void {
      if (!isSameFile()) set('lost', null);
      assertAllowed();
    },
    /** Checks the file and the free space without writing. @returns the current trouble, if any. */
    checkNow(): StorageTrouble | undefined {
      const kind = outsideTrouble();
      if (kind !== undefined) set(kind, null);
      return trouble?.kind;
    },
    /** Whether the file is gone or read-only, or the disk full, right now. */
    isBlocked: () => outsideTrouble() !== undefined,
    /** Records a trouble that another thread found in the same file. */
    reportTrouble: set,
    /** Calls the listener for each trouble that begins. */
    subscribe: (listener: TroubleListener): void => void listeners.add(listener),
    recordCheck(problem: string | null): void {
      checkedAt = now();
      if (problem !== null) set('damaged', problem);
    },
    trouble: (): StorageTrouble | undefined => trouble?.kind,
    error: (): AppError | undefined => trouble && storageError(trouble.kind),
    facts: (): StorageFacts => ({
      trouble: trouble?.kind ?? null,
      since: trouble?.since ?? null,
      error: trouble?.error ?? null,
      ...freeSpace(file),
      fileBytes: sizeOf(file),
      walBytes: sizeOf(`${file}-wal`),
      checkedAt,
    }),
  };
}

function isWritable(file: string): boolean {
  try {
    accessSync(dirname(file), constants.W_OK);
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function freeSpace(file: string): Pick<StorageFacts, 'freeBytes' | 'freeInodes'> {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(dirname(file));
    return { freeBytes: bavail * bsize, freeInodes: files === 0 ? null : ffree };
  } catch {
    return { freeBytes: null, freeInodes: null };
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
