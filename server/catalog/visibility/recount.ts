import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../storage/database.ts';
import { countByFolder, parentOf } from '../base/folders.ts';
import { allNames } from '../base/repository-lookup.ts';
import { inStatements } from '../base/rows.ts';
import { namesShown } from './build.ts';
import { EVERYTHING } from './visibility.ts';

/** Counts the repositories of each visibility and its folders again. */
export async function recountVisibilities(db: Database): Promise<void> {
  const rows = await db.selectFrom('visibilities').select('id').where('ready', '=', 1).orderBy('id').execute();
  for (const { id } of rows) {
    await db.transaction().execute((trx) => recount(trx, id));
    await nextTurn();
  }
}

async function recount(trx: Database, id: number): Promise<void> {
  const names = id === EVERYTHING.id ? await allNames(trx) : await namesShown(trx, id);
  await trx.updateTable('visibilities').set({ repository_count: names.length }).where('id', '=', id).execute();
  const counts = countByFolder(names);
  await dropOther(trx, id, counts);
  const rows = [...counts].map(([path, repository_count]) => ({
    visibility_id: id,
    path,
    parent: parentOf(path),
    repository_count,
  }));
  for (const part of inStatements(rows)) {
    await trx
      .insertInto('folders')
      .values(part)
      .onConflict((conflict) =>
        conflict
          .columns(['visibility_id', 'path'])
          .doUpdateSet({ repository_count: sql<number>`excluded.repository_count`, parent: sql`excluded.parent` }),
      )
      .execute();
  }
}

async function dropOther(trx: Database, id: number, counts: ReadonlyMap<string, number>): Promise<void> {
  const known = await trx.selectFrom('folders').select('path').where('visibility_id', '=', id).execute();
  const gone = known.filter(({ path }) => !counts.has(path)).map(({ path }) => ({ path }));
  for (const part of inStatements(gone)) {
    const paths = part.map(({ path }) => path);
    await trx.deleteFrom('folders').where('visibility_id', '=', id).where('path', 'in', paths).execute();
  }
}
