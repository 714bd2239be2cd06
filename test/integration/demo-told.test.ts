import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whenTold } from '../../scripts/demo/told.ts';
import { openTestDatabase } from '../support/data/database.ts';

test('a demo whose server ends does not wait for events that nobody reads any more', { timeout: 10_000 }, async (t) => {
  const { db, close } = await openTestDatabase();
  t.after(close);
  const never = new Promise<void>(() => undefined);
  await whenTold(db, never);
  await db
    .insertInto('envelopes')
    .values({ body: Buffer.from('{}'), size_bytes: 2, received_at: 1, media_type: 'application/json', verified: 1 })
    .execute();
  await assert.rejects(whenTold(db, Promise.resolve()), /server ended/);
});
