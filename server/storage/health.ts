/** Whether what we write is kept: every failed and successful write, the space that is left, the file itself. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AppError } from '../errors.ts';
import { type StorageTrouble, storageError, storageTrouble } from './failure.ts';

export interface StorageFacts {
  readonly trouble: StorageTrouble | null;
  /** When it began. */
  readonly since: number | null;
  /** What the engine said. */
  readonly error: string | null;
  readonly freeBytes: number | null;
  /** null where the file system does not count them. */
  readonly freeInodes: number | null;
  readonly fileBytes: number;
  /** Of the write-ahead log. */
  readonly walBytes: number;
  /** The last look for damage. */
  readonly checkedAt: number | null;
}

export type TroubleListener = (kind: StorageTrouble, error: string | null) => void;

interface Trouble {
  readonly kind: StorageTrouble;
  readonly since: number;
  readonly error: string | null;
}

/** With less than this no write is tried: what a commit needs in the log and in the file. */
export const MIN_FREE_BYTES = 4 * 1024 * 1024;
const MIN_FREE_INODES = 8;
/** The write-ahead log is worth a warning from here. */
export const MAX_WAL_BYTES = 128 * 1024 * 1024;
/** Nothing but a restart ends these. */
export const LASTING: ReadonlySet<StorageTrouble> = new Set(['damaged', 'lost']);

export type StorageHealth = ReturnType<typeof createStorageHealth>;

/** @param file The database, which exists. */
export function createStorageHealth(file: string, now: () => number = Date.now) {
  const opened = statSync(file);
  const listeners = new Set<TroubleListener>();
  let trouble: Trouble | undefined;
  let checkedAt: number | null = null;

  function set(kind: StorageTrouble, error: string | null): void {
    if (trouble?.kind === kind || (trouble !== undefined && LASTING.has(trouble.kind))) return;
    trouble = { kind, since: now(), error };
    for (const listener of listeners) listener(kind, error);
  }

  function clear(): void {
    if (trouble !== undefined && !LASTING.has(trouble.kind)) trouble = undefined;
  }

  function assertAllowed(): void {
    if (trouble !== undefined && LASTING.has(trouble.kind)) throw storageError(trouble.kind);
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
    /** @returns what to throw instead: the same error when it says nothing about the storage. */
    failed(error: unknown): unknown {
      const kind = storageTrouble(error);
      if (kind === undefined) return error;
      if (kind !== 'busy') set(kind, error instanceof Error ? error.message : null);
      return storageError(kind, error);
    },
    /** A write was committed. */
    wrote(): void {
      if (trouble !== undefined && outsideTrouble() === undefined) clear();
    },
    /** Before each write. @throws {AppError} UNAVAILABLE when it would do more damage. */
    assertAllowed,
    /** Before each commit. @throws {AppError} UNAVAILABLE when it would be lost, too. */
    assertKept(): void {
      if (!isSameFile()) set('lost', null);
      assertAllowed();
    },
    /** @returns what speaks against writing now, without trying it. */
    look(): StorageTrouble | undefined {
      const kind = outsideTrouble();
      if (kind !== undefined) set(kind, null);
      return trouble?.kind;
    },
    /** Whether something outside still speaks against a write that failed before. */
    isHindered: () => outsideTrouble() !== undefined,
    /** Another thread, which has the same file open, found it. */
    note: set,
    /** Called with each trouble that begins, and what the engine said. */
    subscribe: (listener: TroubleListener): void => void listeners.add(listener),
    noteChecked(problem: string | null): void {
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
