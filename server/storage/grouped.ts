import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isPostgres } from './engine.ts';

/** Runs the work in a transaction; it is committed when this resolves. */
export type Transact = <T>(work: (trx: Database) => Promise<T>) => Promise<T>;

// Nobody else gets a turn while a transaction runs on SQLite.
const GROUP_MS = 15;
// Rows that come together share the pages they are written to.
const GATHER_MS = 8;

interface Task {
  readonly run: (trx: Database) => Promise<() => void>;
  readonly fail: (error: unknown) => void;
}

/**
 * Transactions for what can be asked for again, sharing a commit with others that come about the same time. On SQLite that
 * commit does not wait for the disk, and nobody with it: a power cut may take the last of them back, never the order or a
 * half, and the next commit that does wait takes these along. What one of them throws undoes that one alone. On
 * PostgreSQL each has a commit of its own.
 *
 * @param options.gatherMs how long the first of a group waits for others; 0 for who brings large ones, one after the other.
 */
export function createGroupedTransactions(db: Database, { gatherMs = GATHER_MS } = {}): Transact {
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

/** One after the other, as on SQLite: two that store the same manifest again at once would both count it. */
function createQueue(db: Database): Transact {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(() => db.transaction().execute(work));
    last = result.catch(() => undefined);
    return result;
  };
}

/** The connection is held meanwhile, so nobody else's commit goes without its sync. */
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

/** @returns what tells its caller how it went, once all of it is committed. */
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
