import type { Database } from '../../storage/database.ts';
import { isVisible, type Visibility } from './visibility.ts';

/** Of these names those that may be seen. */
export async function visibleNames(
  db: Database,
  visibility: Visibility,
  names: readonly string[],
): Promise<readonly string[]> {
  if (visibility.all || names.length === 0) return names;
  const rows = await db
    .selectFrom('repositories')
    .select('name')
    .where('name', 'in', names)
    .where(isVisible(visibility))
    .execute();
  return rows.map((row) => row.name);
}
