import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isPostgres } from './engine.ts';

/** Runs the work in a transaction; resolves once it is committed. */
export type Transact = <T>(work: (trx: Database) => Promise<T>) => Promise<T>;

// Other writers wait while a group runs on SQLite.
const GROUP_MS = 15;
// Rows of one group share the pages they are written to.
const GATHER_MS = 8;

interface Task {
  readonly run: (trx: Database) => Promise<() => void>;
  readonly fail: (error: unknown) => void;
}

/**
 * Group commit for bulk writers, for data that can be read again from the registry: transactions that arrive about the
 * same time share one commit. On SQLite that commit is not synced: a power cut may undo the last ones, never their
 * order or a part, and the next synced commit makes them durable. An error in one of them rolls back only that one. On
 * PostgreSQL each has its own commit.
 * @param options.gatherMs How long the first of a group waits for others; 0 for a writer of large transactions.
 */
export function createGroupCommit(db: Database, { gatherMs = GATHER_MS } = {}): Transact {
  if (isPostgres(db)) return createQueue(db);
  const queue: Task[] = [];
  let isDraining = false;

  async function drain(): Promise<void> {
    if (isDraining) return;
    isDraining = true;
    while (queue.length > 0) {
      await (gatherMs === 0 ? nextTurn() : sleep(gatherMs));
      await withoutSync(db, (connection) => runGroup(connection, queue)).catch((error: unknown) => {
        for (const task of queue.splice(0)) task.fail(error);
      });
    }
    isDraining = false;
  }

  return (work) =>
    new Promise((resolve, reject) => {
      queue.push({
        run: async (trx) => {
          const result = await work(trx);
          return () => resolve(result);
        },
        fail: reject,
      });
      void drain();
    });
}

/** One after the other, as on SQLite: two transactions that store the same manifest at once would both count it. */
function createQueue(db: Database): Transact {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(() => db.transaction().execute(work));
    last = result.catch(() => undefined);
    return result;
  };
}

/** The connection is held meanwhile, so no other writer's commit goes unsynced. */
function withoutSync(db: Database, work: (connection: Database) => Promise<void>): Promise<void> {
  return db.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      await work(connection);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });
}

async function runGroup(db: Database, queue: Task[]): Promise<void> {
  const begun: Task[] = [];
  const done: (() => void)[] = [];
  try {
    await db.transaction().execute(async (trx) => {
      const until = performance.now() + GROUP_MS;
      for (let task = queue.shift(); task !== undefined; task = performance.now() < until ? queue.shift() : undefined) {
        begun.push(task);
        done.push(await attempt(trx, task));
      }
    });
    for (const finish of done) finish();
  } catch (error) {
    for (const task of begun) task.fail(error);
  }
}

/** @returns a function that settles the caller's promise, to be called once the group is committed. */
async function attempt(trx: Database, task: Task): Promise<() => void> {
  await sql`savepoint task`.execute(trx);
  try {
    const finish = await task.run(trx);
    await sql`release savepoint task`.execute(trx);
    return finish;
  } catch (error) {
    await sql`rollback to savepoint task`.execute(trx);
    await sql`release savepoint task`.execute(trx);
    return () => task.fail(error);
  }
}
