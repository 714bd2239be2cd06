/** The commands `npm run admin -- verify` and `rebuild-index`. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, StartError } from '../errors.ts';
import { connect, lockFolder } from './database.ts';
import { copyIrreplaceableTables, isIndexTable, type KeptTable, replaceDatabaseFile } from './rebuild-file.ts';
import { upgrade } from './upgrade.ts';
import { type Verification, verifyFile } from './verify.ts';

type Print = (text: string) => void;

/** Reads the whole database, also beside a running server. @returns the exit code: 0 without damage, else 1. */
export function verifyDatabase(dataPath: string, print: Print): number {
  const file = existingFile(dataPath);
  const found = verified(file);
  const damaged = found.tables.filter((table) => table.isDamaged).map((table) => table.name);
  if (found.findings.length === 0 && damaged.length === 0) {
    const rows = found.tables.reduce((sum, table) => sum + table.rows, 0);
    print(`${file}: no damage found in ${found.tables.length} tables with ${rows} rows.\n`);
    return 0;
  }
  print(`${file} is damaged:\n${found.findings.map((text) => `  ${text}\n`).join('')}`);
  if (damaged.length > 0) print(`Tables with rows that cannot be read: ${damaged.join(', ')}.\n`);
  print(remedies(dataPath, damaged));
  return 1;
}

/**
 * Builds a new database without the index, which the next start reads again from the registry. The old file is kept.
 * @returns the exit code.
 * @throws {StartError} when the server runs, or there is no database.
 */
export async function rebuildIndex(dataPath: string, print: Print): Promise<number> {
  const file = existingFile(dataPath);
  const unlock = lockFolder(dataPath);
  const rebuilt = `${file}.rebuilt`;
  try {
    for (const end of ['', '-wal', '-shm']) rmSync(`${rebuilt}${end}`, { force: true });
    const target = connect(rebuilt);
    await upgrade(target, { isAllowed: true });
    const kept = copyIrreplaceableTables(file, target);
    target.pragma('wal_checkpoint(truncate)');
    target.close();
    print(report(kept, replaceDatabaseFile(rebuilt, file, new Date())));
    return 0;
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError([`The new database could not be written: ${errorText(error)}. Nothing was changed.`]);
  } finally {
    unlock();
  }
}

function existingFile(dataPath: string): string {
  const file = join(dataPath, 'registry-web.db');
  if (!existsSync(file)) throw new StartError([`There is no database in ${dataPath}. Start the server once first.`]);
  return file;
}

function verified(file: string): Verification {
  try {
    return verifyFile(file);
  } catch (error) {
    return { findings: [errorText(error)], tables: [] };
  }
}

function remedies(dataPath: string, damaged: readonly string[]): string {
  const copy = newestCopy(dataPath);
  const lost = damaged.filter((name) => !isIndexTable(name));
  const outcome =
    lost.length === 0
      ? 'Nothing is lost: only what the registry knows is damaged.'
      : `Some rows of ${lost.join(', ')} will be missing.`;
  return [
    'Ways out, with the server stopped:',
    `  1. Put back your last backup${copy === undefined ? '' : `, or the copy made before the last upgrade: ${copy}`}.`,
    `  2. npm run admin -- rebuild-index keeps people, rights and events; the index is read again from the registry. ${outcome}`,
    '',
  ].join('\n');
}

function newestCopy(dataPath: string): string | undefined {
  const folder = join(dataPath, 'backups');
  if (!existsSync(folder)) return undefined;
  const stampOf = (name: string) => name.slice(name.lastIndexOf('-') + 1);
  const copies = readdirSync(folder).filter((name) => name.endsWith('.db'));
  const newest = copies.sort((one, other) => stampOf(one).localeCompare(stampOf(other))).at(-1);
  return newest && join(folder, newest);
}

function report(kept: readonly KeptTable[], damaged: string): string {
  const incomplete = kept.filter((table) => table.isIncomplete);
  const lines = kept.filter((table) => table.rows > 0).map(({ name, rows }) => `  ${name}: ${rows} rows\n`);
  const lost = incomplete.map(({ name }) => name).join(', ');
  return [
    `Kept:\n${lines.join('')}`,
    incomplete.length === 0 ? 'Every row of these could be read.\n' : `Some rows could not be read: ${lost}.\n`,
    `The old database is ${damaged}.\n`,
    'Start the server now: it reads the index again from the registry.\n',
  ].join('');
}
