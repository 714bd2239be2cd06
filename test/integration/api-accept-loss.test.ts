import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, addPeople, MEMBER, startApi } from '../support/api.ts';

test('only an admin confirms a loss, and only while there is one', async (context) => {
  let isHeld = true;
  const accepted: string[] = [];
  const app = await startApi({
    async acceptLoss({ actor }) {
      if (!isHeld) return false;
      accepted.push(actor);
      isHeld = false;
      return true;
    },
  });
  context.after(() => app.stop());
  await addPeople(app);
  const accept = (who: string) => app.ask('/index/accept-loss', who, { method: 'POST' });
  assert.equal((await accept('')).status, 401);
  assert.equal((await accept(MEMBER)).status, 403);
  assert.deepEqual(accepted, []);
  const answer = await accept(ADMIN);
  assert.deepEqual([answer.status, await answer.json()], [200, { accepted: true }]);
  assert.equal((await accept(ADMIN)).status, 409);
  assert.deepEqual(accepted, ['admin']);
});
