import { type Database, openDatabase } from '../../server/storage/database.ts';
import { temporaryFolder } from './tmp.ts';

export interface TestDatabase {
  readonly db: Database;
  readonly dataPath: string;
  readonly close: () => Promise<void>;
}

/** A fresh database with all migrations, in a folder of its own. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const folder = await temporaryFolder('database');
  const { db, close } = await openDatabase({ dataPath: folder.path, exclusive: true });
  return {
    db,
    dataPath: folder.path,
    close: async () => {
      await close();
      await folder.remove();
    },
  };
}
