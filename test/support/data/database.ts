import { type Database, openDatabase } from '../../../server/storage/database.ts';
import { temporaryFolder } from '../process/tmp.ts';
import { openPostgres } from './open-postgres.ts';
import { makeDatabase } from './postgres.ts';

export interface TestDatabase {
  readonly db: Database;
  readonly dataPath: string;
  readonly close: () => Promise<void>;
}

/** Set while the storage tests run once more on PostgreSQL. */
const POSTGRES = process.env['TEST_DATABASE_URL'];

/** A fresh database with all migrations, in a folder of its own or in the PostgreSQL of this run. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const folder = await temporaryFolder('database');
  const { db, close } =
    POSTGRES === undefined
      ? await openDatabase({ dataPath: folder.path, exclusive: true })
      : await openTestPostgres(POSTGRES);
  return {
    db,
    dataPath: folder.path,
    close: async () => {
      await close();
      await folder.remove();
    },
  };
}

async function openTestPostgres(server: string) {
  const { url, drop } = await makeDatabase(server);
  const { db, close } = await openPostgres(url);
  return {
    db,
    close: async () => {
      await close();
      await drop();
    },
  };
}
