/** Many people who sign in at the same moment, over HTTP, against the whole application. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MEMBER, OUTSIDER, type RunningApp, startApp } from '../support/app/app.ts';

const PEOPLE = 60;

const PASSWORD = 'a-long-password-1';
const people = Array.from({ length: PEOPLE }, (_, at) => ({ username: `user${at}`, password: PASSWORD, roles: [] }));

let app: RunningApp;
before(async () => {
  app = await startApp({ people, config: { registry: { url: 'http://127.0.0.1:9', name: 'registry:5000' } } });
});
after(() => app?.stop());

async function login(username: string, password: string): Promise<number> {
  const headers = { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  return (await fetch(`${app.url}/api/auth?service=registry:5000`, { headers })).status;
}

test('sixty accounts that log in at once all get a token', async () => {
  const statuses = await Promise.all(people.map(({ username }) => login(username, PASSWORD)));
  assert.deepEqual(new Set(statuses), new Set([200]));
});

test('a hundred wrong passwords for many accounts from here keep nobody out', async () => {
  const guesses = Array.from({ length: 105 }, (_, at) => login(`guessed${at}`, 'wrong'));
  const right = await login(MEMBER.username, MEMBER.password);
  assert.equal(right, 200);
  await Promise.all(guesses);
  assert.equal(await login(OUTSIDER.username, OUTSIDER.password), 200);
});
