/** Classifies failures of the database and says what to do about them. */
import { AppError } from '../errors.ts';

/**
 * full: no space or quota; readonly: the file cannot be written; io: the disk failed; damaged: the file is not
 * consistent; lost: the file was removed or replaced; busy: another program holds it.
 */
export type StorageTrouble = 'full' | 'readonly' | 'io' | 'damaged' | 'lost' | 'busy';

const TROUBLES: readonly (readonly [StorageTrouble, RegExp])[] = [
  // PostgreSQL: disk_full, read_only_sql_transaction, io_error, data_corrupted and index_corrupted, lock_not_available.
  ['full', /^(SQLITE_FULL|53100)/],
  ['readonly', /^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|25006)/],
  ['damaged', /^(SQLITE_CORRUPT|SQLITE_NOTADB|SQLITE_IOERR_CORRUPTFS|SQLITE_IOERR_DATA|XX00[12])/],
  ['io', /^(SQLITE_IOERR|58030)/],
  ['busy', /^(SQLITE_BUSY|SQLITE_LOCKED|55P03)/],
];

interface Words {
  readonly key: string;
  /** For logs and programs; pages show the sentence of `key` in their language. */
  readonly message: string;
  readonly retryAfterSeconds: number;
}

const WORDS: Readonly<Record<StorageTrouble, Words>> = {
  full: {
    key: 'storage.full',
    message:
      'Nothing can be saved: the disk of the data folder is full. An administrator has to free space; then try again.',
    retryAfterSeconds: 30,
  },
  readonly: {
    key: 'storage.readonly',
    message:
      'Nothing can be saved: the data folder is read-only. An administrator has to make it writable; then try again.',
    retryAfterSeconds: 30,
  },
  io: {
    key: 'storage.io',
    message: 'Nothing can be saved: the disk of the data folder fails. An administrator has to check the disk.',
    retryAfterSeconds: 30,
  },
  damaged: {
    key: 'storage.damaged',
    message:
      'Nothing is saved any more: the database is damaged. An administrator has to run: npm run admin -- verify, which names the ways out.',
    retryAfterSeconds: 300,
  },
  lost: {
    key: 'storage.lost',
    message:
      'Nothing is saved any more: the database was removed from the data folder or replaced. An administrator has to put it back and restart.',
    retryAfterSeconds: 30,
  },
  busy: {
    key: 'storage.busy',
    message: 'The database is locked by another program. Try again in a moment.',
    retryAfterSeconds: 5,
  },
};

/** @returns undefined when the error is not a failure of the storage, but a bug or a violated constraint. */
export function storageTrouble(error: unknown): StorageTrouble | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const code = String(error.code);
  return TROUBLES.find(([, pattern]) => pattern.test(code))?.[0];
}

/** An UNAVAILABLE error whose message says what to do; returned, not thrown. */
export function storageError(trouble: StorageTrouble, cause?: unknown): AppError {
  const { message, ...words } = WORDS[trouble];
  return new AppError('UNAVAILABLE', message, { cause, ...words });
}
