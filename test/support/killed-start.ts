/**
 * Opens a database and makes the first admin, as a start does, and kills itself before one of its statements. Bundled by the
 * test, because it runs hundreds of times.
 * Arguments: the data folder, the number of the statement (0: none). Prints how many there were.
 */
import SqliteDatabase from 'better-sqlite3';
import { createGrantStore } from '../../server/access/grants.ts';
import { createRoleStore } from '../../server/access/roles.ts';
import { createUserStore } from '../../server/access/users.ts';
import { ensureFirstAdmin } from '../../server/accounts/first-admin.ts';
import { createLogger } from '../../server/log.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { createSettings } from '../../server/storage/settings.ts';

const [dataPath = '', killAt = '0'] = process.argv.slice(2);
let count = 0;

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
      if ((this.database?.name ?? this.name) !== ':memory:') {
        count += 1;
        if (count === Number(killAt)) process.kill(process.pid, 'SIGKILL');
      }
      return original.apply(this, values);
    };
  }
}

const probe = new SqliteDatabase(':memory:');
watch(Object.getPrototypeOf(probe.prepare('select 1')), ['run', 'all', 'get']);
watch(Object.getPrototypeOf(probe), ['exec', 'pragma']);

async function start(): Promise<void> {
  const { db, close } = await openDatabase({ dataPath, exclusive: true });
  await ensureFirstAdmin({
    users: createUserStore(db),
    roles: createRoleStore(db),
    grants: createGrantStore(db),
    settings: createSettings(db),
    hasher: { hash: async () => 'hash' },
    password: null,
    log: createLogger('silent'),
  });
  await close();
}

void start().then(() => process.stdout.write(String(count)));
