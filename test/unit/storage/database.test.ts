import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { StartError } from '../../../server/errors.ts';
import { openDatabase, synchronousMode } from '../../../server/storage/database.ts';
import { createSettings } from '../../../server/storage/settings.ts';

let dataPath: string;
beforeEach(async () => {
  dataPath = await mkdtemp(join(tmpdir(), 'registry-web-'));
});
afterEach(() => rm(dataPath, { recursive: true, force: true }));

test('every commit is synced, and the file is private', async () => {
  const opened = await openDatabase({ dataPath, exclusive: true });
  assert.equal(await synchronousMode(opened.db), 2);
  assert.equal((await stat(join(dataPath, 'registry-web.db'))).mode & 0o777, 0o600);
  await opened.close();
});

test('a second process on the same folder is told so, and a command beside it is not', async () => {
  const first = await openDatabase({ dataPath, exclusive: true });
  await assert.rejects(openDatabase({ dataPath, exclusive: true }), /Another Registry Web already uses/);
  const beside = await openDatabase({ dataPath, exclusive: false });
  await beside.close();
  await first.close();
  const again = await openDatabase({ dataPath, exclusive: true });
  assert.equal(again.isNew, false);
  await again.close();
});

test('a database of a newer version is refused and left alone', async () => {
  const opened = await openDatabase({ dataPath, exclusive: true });
  await sql`insert into kysely_migration (name, timestamp) values ('9999-future', 'x')`.execute(opened.db);
  await opened.close();
  await assert.rejects(openDatabase({ dataPath, exclusive: true }), (error: unknown) => {
    assert.ok(error instanceof StartError);
    assert.equal(error.exitCode, 78);
    assert.match(error.message, /newer version \(it has 9999-future\)/);
    return true;
  });
});

test('a damaged file is named, never replaced', async () => {
  await writeFile(
    join(dataPath, 'registry-web.db'),
    'not a database, but long enough to look like a file of one'.repeat(40),
  );
  await assert.rejects(openDatabase({ dataPath, exclusive: true }), /is damaged/);
});

test('a folder that cannot be made is told with the command to run', async () => {
  await writeFile(join(dataPath, 'file'), '');
  await chmod(join(dataPath, 'file'), 0o600);
  await assert.rejects(openDatabase({ dataPath: join(dataPath, 'file', 'data'), exclusive: true }), /chown -R/);
});

test('a setting made once stays the same', async () => {
  const opened = await openDatabase({ dataPath, exclusive: true });
  const settings = createSettings(opened.db);
  const first = await settings.getOrCreate('secret', () => 'one');
  const second = await settings.getOrCreate('secret', () => 'two');
  assert.deepEqual([first, second], ['one', 'one']);
  await settings.set('secret', 'three');
  assert.equal(await settings.get('secret'), 'three');
  await settings.remove('secret');
  assert.equal(await settings.get('secret'), undefined);
  await opened.close();
});
