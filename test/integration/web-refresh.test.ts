import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import bcrypt from 'bcryptjs';
import { createReadingUseCases } from '../../server/catalog/use-cases/reading.ts';
import { createLogger } from '../../server/log.ts';
import { statusPage } from '../../server/web/operations/status.ts';
import { refreshPage } from '../../server/web/repositories/refresh.ts';
import { createVisitor, startWeb } from '../support/app/web.ts';
import { statusFacts } from '../support/data/operations-facts.ts';

const PASSWORD = 'a-long-enough-one';
const read: string[] = [];
let crawls = 0;
let answer: () => Promise<void> = async () => undefined;

const reading = createReadingUseCases({
  refresh: async (repository) => {
    read.push(repository);
    await answer();
  },
  crawl: () => {
    crawls += 1;
  },
  acceptLoss: async () => undefined,
  registryAddress: 'http://registry:5000',
  audit: { record: async () => undefined },
});
const web = await startWeb({
  adminPassword: PASSWORD,
  pages: [
    refreshPage({ reading, log: createLogger('silent'), waitMs: 50 }),
    statusPage({ reading, statusFacts: async () => statusFacts() }),
  ],
});
after(() => web.stop());

async function person(username: string, rule?: { canPush: boolean }) {
  const roleIds: number[] = [];
  if (rule !== undefined) {
    const role = await web.roles.add({ name: username, description: '' });
    await web.roles.setRules(role.id, [
      { repository: 'team/**', address: '*', canPull: true, canDelete: false, ...rule },
    ]);
    roleIds.push(role.id);
  }
  const passwordHash = await bcrypt.hash(PASSWORD, 4);
  await web.users.add({ username, passwordHash, mustChangePassword: false, roleIds, by: 'test' });
  const visitor = createVisitor(web.url);
  await visitor.signIn(username, PASSWORD);
  return visitor;
}

let people: Record<'admin' | 'pusher' | 'reader' | 'outsider', ReturnType<typeof createVisitor>>;
before(async () => {
  const admin = createVisitor(web.url);
  await admin.signIn('admin', PASSWORD);
  people = {
    admin,
    pusher: await person('pusher', { canPush: true }),
    reader: await person('reader', { canPush: false }),
    outsider: await person('outsider'),
  };
});

const cases = [
  ['admin', 303],
  ['pusher', 303],
  ['reader', 403],
  ['outsider', 404],
] as const;
for (const [who, status] of cases) {
  test(`reading a repository again: ${who} gets ${status}`, async () => {
    read.length = 0;
    const response = await people[who].post('/repositories/team/app/-/refresh', {});
    assert.equal(response.status, status);
    assert.deepEqual(read, status === 303 ? ['team/app'] : []);
  });
}

test('what lies beyond the rights looks as if it was not there', async () => {
  assert.equal((await people.pusher.post('/repositories/other/app/-/refresh', {})).status, 404);
  assert.equal((await people.admin.post('/repositories/team/app:v1/-/refresh', {})).status, 404);
});

test('the answer does not wait for a slow registry, and a failure is told', async () => {
  const visit = async () => {
    const response = await people.admin.post('/repositories/team/app/-/refresh', {});
    assert.equal(response.headers.get('location'), '/repositories/team/app');
    return (await people.admin.request('/no-such-page')).text();
  };
  let end = (): void => undefined;
  answer = () =>
    new Promise((resolve) => {
      end = resolve;
    });
  assert.match(await visit(), /Refreshing/);
  end();
  answer = () => Promise.reject(new Error('down'));
  assert.match(await visit(), /No clear answer/);
  answer = async () => undefined;
  assert.match(await visit(), /Refreshed/);
});

test('only an admin may have everything read', async () => {
  assert.equal((await people.pusher.post('/status/crawl', {})).status, 403);
  assert.equal(crawls, 0);
  const response = await people.admin.post('/status/crawl', {});
  assert.equal(response.headers.get('location'), '/status');
  assert.equal(crawls, 1);
});
