/** A copy of the database before an upgrade, for going back to the earlier version. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type SqliteDatabase from 'better-sqlite3';
import { errorText, StartError } from '../errors.ts';

const MAX_COPIES = 3;
const FOLDER = 'backups';
const NAME = /^registry-web-before-.+\.db$/;
const PART = '.part';

/**
 * Writes `backups/registry-web-before-<first pending migration>-<time>.db` beside the database, complete or not at all,
 * and keeps the newest three.
 * @returns its path.
 * @throws {StartError} when there is no space for it; nothing is upgraded then.
 */
export function copyBeforeUpgrade(connection: SqliteDatabase.Database, pending: string, at: Date): string {
  const folder = join(dirname(connection.name), FOLDER);
  const stamp = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const copy = join(folder, `registry-web-before-${pending}-${stamp}.db`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeParts(folder);
    refuseWithoutRoom(connection.name, folder);
    writeCopy(connection, copy);
  } catch (error) {
    throw error instanceof StartError ? error : notCopied(folder, errorText(error));
  }
  removeOldest(folder);
  return copy;
}

/** VACUUM INTO writes a consistent snapshot, including the write-ahead log. */
function writeCopy(connection: SqliteDatabase.Database, copy: string): void {
  const part = `${copy}${PART}`;
  connection.prepare('vacuum into ?').run(part);
  chmodSync(part, 0o600);
  syncFile(part);
  renameSync(part, copy);
  syncFile(dirname(copy));
}

function syncFile(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Partial copies of a killed process. */
function removeParts(folder: string): void {
  for (const name of readdirSync(folder)) if (name.endsWith(PART)) rmSync(join(folder, name), { force: true });
}

function removeOldest(folder: string): void {
  const copies = readdirSync(folder).filter((name) => NAME.test(name));
  const ages = new Map(copies.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
  copies.sort((one, other) => (ages.get(other) ?? 0) - (ages.get(one) ?? 0));
  for (const name of copies.slice(MAX_COPIES)) rmSync(join(folder, name), { force: true });
}

function refuseWithoutRoom(file: string, folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = statSync(file).size;
  if (bavail * bsize > needed) return;
  throw notCopied(folder, `it needs ${megabytes(needed)} MB, and ${megabytes(bavail * bsize)} MB are free`);
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

function notCopied(folder: string, reason: string): StartError {
  const sentence = `The copy of the database before the upgrade could not be written to ${folder}: ${reason}.`;
  return new StartError([`${sentence} Free some space there and start again; nothing was changed.`], 75);
}
