import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, addPeople, MEMBER, startApi } from '../support/app/api.ts';

test('only an admin confirms a loss, and only while there is one', async (context) => {
  let isHeld = true;
  let acceptedCount = 0;
  const app = await startApi({
    async acceptLoss() {
      if (!isHeld) return undefined;
      acceptedCount += 1;
      isHeld = false;
      return { since: 1, watchedMs: 1, sampledCount: 20, missingCount: 19 };
    },
  });
  context.after(() => app.stop());
  await addPeople(app);
  const accept = (who: string) => app.ask('/index/accept-loss', who, { method: 'POST' });
  assert.equal((await accept('')).status, 401);
  assert.equal((await accept(MEMBER)).status, 403);
  assert.equal(acceptedCount, 0);
  const answer = await accept(ADMIN);
  assert.deepEqual([answer.status, await answer.json()], [200, { accepted: true }]);
  assert.equal((await accept(ADMIN)).status, 409);
  const { entries } = await app.audit.list({ limit: 10, action: 'index.accept_loss' });
  assert.deepEqual(
    entries.map(({ actor, object, detail }) => [actor, object, detail]),
    [['admin', 'http://registry:5000', { sampled: 20, missing: 19 }]],
  );
});
