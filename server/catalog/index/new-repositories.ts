import type { Database } from '../../storage/database.ts';
import { folderOf } from '../base/folders.ts';
import { knownNames } from '../base/repository-lookup.ts';
import { insertRepositories } from '../base/repository-writes.ts';
import { showRepositories } from '../visibility/membership.ts';
import { historyOfRepositories } from './tag-history.ts';

// Well below the maximum number of parameters of a statement.
const NAMES_AT_ONCE = 500;

/** Adds missing repositories and makes them visible to everybody who may see them. For use in a transaction. */
export async function ensureRepositories(trx: Database, names: readonly string[], at: number): Promise<void> {
  for (let start = 0; start < names.length; start += NAMES_AT_ONCE) {
    await insertMissing(trx, [...new Set(names.slice(start, start + NAMES_AT_ONCE))], at);
  }
}

async function insertMissing(trx: Database, names: readonly string[], at: number): Promise<void> {
  const known = await knownNames(trx, names);
  const missing = names.filter((name) => !known.has(name));
  if (missing.length === 0) return;
  const pasts = await historyOfRepositories(trx, missing);
  const rows = missing.map((name) => {
    const past = pasts.get(name);
    return {
      name,
      folder: folderOf(name),
      first_seen_at: at,
      checked_at: null,
      last_pushed_at: past?.pushed_at ?? null,
      last_pushed_by: past?.pushed_by ?? null,
      last_push_confirmed: past?.push_confirmed ?? 0,
      last_pulled_at: past?.last_pulled_at ?? null,
      pull_count: past?.pull_count ?? 0,
      newest_tag: null,
      error: null,
    };
  });
  // An event may have added some meanwhile.
  await showRepositories(trx, await insertRepositories(trx, rows));
}
