import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../server/storage/database.ts';

const ASK_AGAIN_MS = 200;

/** Until the index knows of every event. @param gone resolves when the server, which is to read them, is gone. */
export async function whenTold(db: Database, gone: Promise<void>): Promise<void> {
  let isGone = false;
  void gone.then(() => {
    isGone = true;
  });
  for (;;) {
    const envelope = await db
      .selectFrom('envelopes')
      .select('id')
      .where('state', '=', 'new')
      .limit(1)
      .executeTakeFirst();
    const event = await db.selectFrom('events').select('id').where('applied', '=', 0).limit(1).executeTakeFirst();
    if (envelope === undefined && event === undefined) return;
    if (isGone) throw new Error('The server ended.');
    await sleep(ASK_AGAIN_MS);
  }
}
