/** SQLite alone: which commits wait for the disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase, synchronousMode } from '../../../server/storage/database.ts';
import { createGroupCommit } from '../../../server/storage/group-commit.ts';
import { createSettings } from '../../../server/storage/settings.ts';
import { temporaryFolder } from '../../support/process/tmp.ts';

test('grouped commits do not wait for the disk, every other one does', async (t) => {
  const folder = await temporaryFolder('grouped');
  const { db, close } = await openDatabase({ dataPath: folder.path, exclusive: true });
  t.after(async () => {
    await close();
    await folder.remove();
  });
  const transact = createGroupCommit(db);
  const inside = await transact((trx) => synchronousMode(trx));
  const failed = await transact(async () => {
    throw new Error('no');
  }).catch((error: unknown) => String(error));
  assert.deepEqual([inside, failed, await synchronousMode(db)], [1, 'Error: no', 2]);
  // Whoever asks while groups are under way gets a connection that syncs.
  const works = Array.from({ length: 50 }, (_, index) =>
    transact((trx) => createSettings(trx).set(`key-${index}`, 'x')),
  );
  const modes = await Promise.all(
    Array.from({ length: 20 }, () => db.transaction().execute((trx) => synchronousMode(trx))),
  );
  await Promise.all(works);
  assert.deepEqual(new Set(modes), new Set([2]));
});
