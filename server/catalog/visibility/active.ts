import type { Database } from '../../storage/database.ts';
import { EVERYTHING } from './visibility.ts';

const ACTIVE_MS = 24 * 3600_000;

/** Visibilities used within a day, most recently used first; the one that includes everything comes before them. */
export async function activeVisibilities(db: Database, at: number): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('visibilities')
    .select('id')
    .where('ready', '=', 1)
    .where('id', '<>', EVERYTHING.id)
    .where('last_used_at', '>=', at - ACTIVE_MS)
    .orderBy('last_used_at', 'desc')
    .execute();
  return [EVERYTHING.id, ...rows.map((row) => row.id)];
}
