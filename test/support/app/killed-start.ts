/**
 * A first start that stops at its statements. Bundled by the test, because it runs often.
 * Arguments: the data folder; then a number, to kill itself before that statement (0: none), or a folder, into which the
 * data folder is copied before each statement that finds it changed: exactly what a kill there leaves, because what a
 * process gave to the system outlives it. Prints how many statements there were.
 */
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { firstStart } from './first-start.ts';

const [dataPath = '', at = '0'] = process.argv.slice(2);
const copies = at.startsWith('/') ? at : undefined;
let count = 0;
let copied = '';

interface Patched {
  readonly database?: SqliteDatabase.Database;
  readonly name?: string;
}

/** What is tried in memory leaves nothing behind. */
function watch(prototype: Record<string, (...values: unknown[]) => unknown>, names: readonly string[]): void {
  for (const name of names) {
    const original = prototype[name];
    if (original === undefined) throw new Error(`No method ${name}`);
    prototype[name] = function (this: Patched, ...values: unknown[]) {
      if ((this.database?.name ?? this.name) !== ':memory:') beforeStatement();
      return original.apply(this, values);
    };
  }
}

function beforeStatement(): void {
  count += 1;
  if (copies !== undefined) copyIfChanged(copies);
  else if (count === Number(at)) process.kill(process.pid, 'SIGKILL');
}

function copyIfChanged(folder: string): void {
  const content = contentOf(dataPath);
  if (content === copied) return;
  copied = content;
  cpSync(dataPath, join(folder, String(count)), { recursive: true });
}

/** Without the index of the write-ahead log, which the first to open the database makes anew. */
function contentOf(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name.endsWith('-shm')) continue;
    hash.update(`${entry.name}\n`).update(readFileSync(join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex');
}

const probe = new SqliteDatabase(':memory:');
watch(Object.getPrototypeOf(probe.prepare('select 1')), ['run', 'all', 'get']);
watch(Object.getPrototypeOf(probe), ['exec', 'pragma']);

void firstStart(dataPath).then(() => process.stdout.write(String(count)));
