/** Short questions about repositories, whoever asks. Which of them a viewer may see is asked of `visibility/`. */
import type { Database } from '../../storage/database.ts';

export async function repositoryId(db: Database, name: string): Promise<number | undefined> {
  const row = await db.selectFrom('repositories').select('id').where('name', '=', name).executeTakeFirst();
  return row?.id;
}
