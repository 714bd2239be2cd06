import type { Database } from '../../storage/database.ts';
import { isVisible, type Visibility } from './visibility.ts';

type Listener = (repository: string) => void;

/** Tells whoever listens in this process which repository the index changed. */
export function createChanges() {
  const listeners = new Set<Listener>();
  return {
    emit(repository: string): void {
      for (const listener of listeners) listener(repository);
    },
    /** @returns what ends it. */
    subscribe(listener: Listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
export type Changes = ReturnType<typeof createChanges>;

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
