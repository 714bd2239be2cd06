/** The storage of the registry is away: what an admin sees of it, and what can be done. */
import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ADMIN_PASSWORD, MEMBER, type Stack, startStack } from '../support/app/app.ts';
import { browserOf, pageText } from '../support/app/walk.ts';
import type { Visitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { requireTools } from '../support/process/tools.ts';
import { pushImageOf } from '../support/registry/images.ts';
import { startRegistry } from '../support/registry/registry.ts';

const { skip } = await requireTools('registry-3.1.1');
const REPOSITORIES = ['team/app', 'team/web', 'team/base'];

describe('a registry whose volume is not mounted', { skip }, () => {
  let stack: Stack;
  let admin: Visitor;
  let member: Visitor;

  before(async () => {
    stack = await startStack();
    const open = await startRegistry({ version: '3.1.1', storage: stack.registry.storage });
    for (const repository of REPOSITORIES) await pushImageOf(open.url, repository, 'v1', { layers: [repository] });
    await open.stop();
    admin = await browserOf(stack.app.url, { username: 'admin', password: ADMIN_PASSWORD });
    member = await browserOf(stack.app.url, MEMBER);
    await admin.post('/status/crawl', {});
    await eventually('all is read', tagged, { until: ({ length }) => length === REPOSITORIES.length });
    await rename(join(stack.registry.storage, 'docker'), join(stack.registry.storage, 'away'));
    await admin.post('/status/crawl', {});
    await eventually('it is held', () => holdOf(admin));
  });
  after(() => stack?.stop());

  async function json(visitor: Visitor, path: string) {
    return JSON.parse(await pageText(visitor, path)) as {
      index?: { hold: { imagesMissing: number } | null };
      items?: { name: string; tagCount: number }[];
    };
  }
  const holdOf = async (visitor: Visitor) => (await json(visitor, '/api/v1/status')).index?.hold ?? null;
  const tagged = async () =>
    ((await json(admin, '/api/v1/repositories')).items ?? []).filter((row) => row.tagCount > 0).map((row) => row.name);

  test('every page with content says so, and nothing is gone', async () => {
    assert.equal((await holdOf(member))?.imagesMissing, 3);
    assert.deepEqual((await tagged()).sort(), [...REPOSITORIES].sort());
    for (const visitor of [admin, member]) {
      assert.match(await pageText(visitor, '/repositories'), /Most known images are missing in the registry/);
    }
    assert.match(stack.app.logs(), /lacks most of what is known/);
  });

  test('only an admin is offered to confirm it', async () => {
    assert.match(await pageText(admin, '/status'), /3 of 3 known images[\s\S]*Confirm loss|Confirm loss[\s\S]*3 of 3/);
    assert.equal((await member.post('/status/loss', {})).status, 403);
    assert.notEqual(await holdOf(admin), null);
  });

  test('once it is confirmed the index follows, and the audit names who did it', async () => {
    assert.equal((await admin.post('/status/loss', {})).status, 303);
    await eventually('the tags are gone', tagged, { until: ({ length }) => length === 0 });
    assert.equal(await holdOf(admin), null);
    assert.match(await pageText(admin, '/audit'), /loss of images confirmed/);
  });
});
