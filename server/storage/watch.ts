/** Watches the database while the server runs: free space, damage, and the size of the write-ahead log. */
import { sql } from 'kysely';
import type { Logger } from '../log.ts';
import type { OpenedDatabase } from './database.ts';
import type { StorageTrouble } from './failure.ts';
import { MAX_WAL_BYTES } from './health.ts';
import { checkInBackground } from './integrity.ts';
import { createSettings } from './settings.ts';

export interface StorageWatchDeps {
  readonly opened: Pick<OpenedDatabase, 'db' | 'file' | 'storage'>;
  readonly log: Logger;
  /** The file was removed or replaced: nothing can be stored from now on. */
  readonly onLost: () => void;
  readonly tickMs?: number;
}

const TICK_MS = 5000;
const CHECK_EVERY_TICKS = (24 * 3600_000) / TICK_MS;
const FIRST_CHECK_TICK = 6;
/** SQLite keeps the log at 4 MB as long as no reader prevents it. */
const CHECKPOINT_FROM_BYTES = 16 * 1024 * 1024;
const PROBE = 'storage.probe';

const REMEDIES: Readonly<Record<StorageTrouble, string>> = {
  full: 'free space on the disk of the data folder',
  readonly: 'make the data folder writable',
  io: 'check the disk of the data folder',
  damaged: 'run: npm run admin -- verify; then put back a copy, or run: npm run admin -- rebuild-index',
  lost: 'put the database back and start again',
  busy: 'end the other program that holds the database',
};

export function createStorageWatch({ opened, log, onLost, tickMs = TICK_MS }: StorageWatchDeps) {
  const { db, file, storage } = opened;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  let isWorking = false;
  let ticks = 0;
  let told: StorageTrouble | undefined;
  let isWalTold = false;
  let isLostTold = false;

  function logChange(): void {
    const trouble = storage.trouble();
    if (trouble === told) return;
    if (trouble === undefined) log.info({ file }, 'the database can be written again');
    else log.error({ file, trouble, reason: storage.facts().error, todo: REMEDIES[trouble] }, 'nothing can be saved');
    told = trouble;
    if (trouble !== 'lost' || isLostTold) return;
    isLostTold = true;
    onLost();
  }

  /** Tries a write, because otherwise nobody may write for hours after a failure. */
  async function probe(): Promise<void> {
    const trouble = storage.trouble();
    if (trouble === undefined || trouble === 'damaged' || trouble === 'lost' || storage.isBlocked()) return;
    await createSettings(db)
      .set(PROBE, '')
      .catch(() => undefined);
  }

  /** A reader that never ends (a backup tool, a forgotten shell) prevents the log from being truncated. */
  async function checkpoint(): Promise<void> {
    if (storage.facts().walBytes >= CHECKPOINT_FROM_BYTES) await emptyLog();
    const left = storage.facts().walBytes;
    const isLarge = left > MAX_WAL_BYTES;
    if (isLarge && !isWalTold) {
      log.warn(
        { file: `${file}-wal`, bytes: left },
        'the write-ahead log grows: another program reads the database without an end',
      );
    }
    isWalTold = isLarge;
  }

  /** Does not wait for readers: the whole thread would wait. */
  async function emptyLog(): Promise<void> {
    await db.connection().execute(async (connection) => {
      const { rows } = await sql<{ timeout: number }>`pragma busy_timeout`.execute(connection);
      await sql`pragma busy_timeout = 0`.execute(connection);
      try {
        await sql`pragma wal_checkpoint(truncate)`.execute(connection);
      } finally {
        await sql.raw(`pragma busy_timeout = ${rows[0]?.timeout ?? 1000}`).execute(connection);
      }
    });
  }

  async function look(): Promise<void> {
    storage.checkNow();
    await probe();
    logChange();
    if (storage.trouble() === undefined) await checkpoint();
    ticks += 1;
    if (ticks % CHECK_EVERY_TICKS === FIRST_CHECK_TICK) await check();
  }

  async function check(): Promise<void> {
    storage.recordCheck((await checkInBackground(file)) ?? null);
    logChange();
  }

  function tick(): void {
    if (isWorking) return;
    isWorking = true;
    working = look()
      .catch((error: unknown) => log.warn({ error }, 'storage not looked after'))
      .finally(() => {
        isWorking = false;
      });
  }

  return {
    start(): void {
      timer = setInterval(tick, tickMs).unref();
    },
    /** One run of the timer; for tests. */
    look,
    check,
    async stop(): Promise<void> {
      clearInterval(timer);
      await working;
    },
  };
}
export type StorageWatch = ReturnType<typeof createStorageWatch>;
