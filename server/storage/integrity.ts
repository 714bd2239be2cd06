/** Looks for damage in the database without changing it. */
import { statSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { Piscina } from 'piscina';
import { errorText } from '../errors.ts';
import { poolFile } from '../thread.ts';
import { storageTrouble } from './failure.ts';

/** About a second; larger files are looked at while the server runs. */
const MAX_BYTES_AT_START = 200 * 1024 * 1024;

/** @returns what is wrong, or undefined: also for a file that is too large to wait for. */
export function checkAtStart(connection: SqliteDatabase.Database): string | undefined {
  if (statSync(connection.name).size > MAX_BYTES_AT_START) return undefined;
  return quickCheck(connection);
}

/** @returns what is wrong, or undefined. */
export function quickCheck(connection: SqliteDatabase.Database): string | undefined {
  try {
    const result = connection.pragma('quick_check(1)', { simple: true });
    // The first line names the database, which is the only one.
    return result === 'ok' ? undefined : String(result).split('\n').at(-1);
  } catch (error) {
    if (storageTrouble(error) === 'damaged') return errorText(error);
    throw error;
  }
}

/** What the worker does. */
export function checkFile(file: string): string | undefined {
  const connection = new SqliteDatabase(file, { readonly: true });
  try {
    return quickCheck(connection);
  } finally {
    connection.close();
  }
}

/** In a thread of its own: a large file takes minutes. @returns what is wrong, or undefined. */
export async function checkInBackground(file: string): Promise<string | undefined> {
  const pool = new Piscina<string, string | undefined>({
    ...poolFile('integrity-worker', import.meta.url),
    maxThreads: 1,
  });
  try {
    return await pool.run(file);
  } finally {
    await pool.destroy();
  }
}
