/** The page of events over a real database: runs, dates, and the table of what is filtered. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import bcrypt from 'bcryptjs';
import { createVisibility, isVisibleName } from '../../server/catalog/visibility/visibility.ts';
import { createEventStore } from '../../server/notifications/events.ts';
import { eventsPage } from '../../server/web/activity/events.ts';
import { createVisitor, FIRST_PASSWORD, startWeb, type TestWeb, type Visitor } from '../support/app/web.ts';
import { insertEvents } from '../support/data/event-rows.ts';
import { seedRepository } from '../support/data/seed.ts';

const START = Date.UTC(2026, 2, 2, 10, 2);
const MINUTE = 60_000;
const zone = process.env['TZ'];
let web: TestWeb;
let admin: Visitor;
let member: Visitor;

before(async () => {
  process.env['TZ'] = 'UTC';
  web = await startWeb({
    pages: ({ db, refusals }) => [
      eventsPage({ visibility: createVisibility(db), events: createEventStore(db, isVisibleName), refusals }),
    ],
  });
  const { db, roles, users } = web;
  const team = await roles.add({ name: 'team', description: '' });
  const pull = { repository: 'team/**', address: '*', canPull: true, canPush: false, canDelete: false };
  await roles.setRules(team.id, [pull]);
  const passwordHash = await bcrypt.hash('member-password-1', 4);
  await users.add({ username: 'member', passwordHash, by: 'test', roleIds: [team.id], mustChangePassword: false });
  for (const name of ['team/app', 'secret/app']) await seedRepository(db, name, [{ tags: ['v1'] }]);
  await insertEvents(db, [
    ...Array.from({ length: 37 }, (_, index) => ({ at: START + index * 20_000 })),
    { at: START + 30 * MINUTE, action: 'push', actor: 'lin', user_agent: '=cmd|calc' },
    ...Array.from({ length: 3 }, (_, index) => ({ at: START + 40 * MINUTE + index, repository: 'secret/app' })),
    { at: START + 3 * 24 * 60 * MINUTE, tag: 'later' },
  ]);
  admin = createVisitor(web.url);
  await admin.signIn('admin', FIRST_PASSWORD);
  member = createVisitor(web.url);
  await member.signIn('member', 'member-password-1');
});
after(async () => {
  await web?.stop();
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

async function open(path: string, visitor = admin): Promise<string> {
  const answer = await visitor.request(path, { headers: { accept: 'text/html' } });
  assert.equal(answer.status, 200, path);
  return answer.text();
}

const rowsIn = (html: string) => [...html.matchAll(/<tr id="run-\d+">/g)].length;

test('what repeats is one line, which opens', async () => {
  const html = await open('/events');
  assert.equal(rowsIn(html), 4);
  assert.match(html, /aria-expanded="false"[^>]*>37 times</);
  assert.match(html, />10:02<\/time>\s*<time[^>]*>10:14</);
  const [, href = ''] = /href="([^"]*)#run-\d+"[^>]*>37 times</.exec(html) ?? [];
  const opened = await open(href.replaceAll('&amp;', '&'));
  assert.equal([...opened.matchAll(/<tr class="run-event">/g)].length, 37);
  assert.match(opened, /aria-expanded="true"[^>]*>37 times</);
});

test('a filter makes neighbours of what it leaves', async () => {
  const html = await open('/events?user=ci&repository=team/app&to=2026-03-02');
  assert.equal(rowsIn(html), 1);
});

test('dates choose whole days, and stay in the form', async () => {
  const html = await open('/events?from=2026-03-05&to=2026-03-05');
  assert.equal(rowsIn(html), 1);
  assert.match(html, />later</);
  assert.match(html, /name="from" type="date" value="2026-03-05"/);
  assert.equal(rowsIn(await open('/events?from=2026-03-03&to=2026-03-04')), 0);
  assert.match(await open('/events?from=2026-02-30'), /Ignored invalid date 2026-02-30/);
});

test('the address says nothing about what was left empty', async () => {
  const answer = await admin.request('/events?repository=&user=&from=2026-03-05&to=', {
    headers: { accept: 'text/html' },
  });
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.get('location'), '/events?from=2026-03-05');
});

test('pages go on after a run, with its dates', async () => {
  const rows = Array.from({ length: 120 }, (_, index) => ({ at: 1_000_000 + index, tag: `t${Math.floor(index / 2)}` }));
  await insertEvents(web.db, rows);
  const seen: string[] = [];
  let path: string | undefined = '/events?to=1970-01-01';
  while (path !== undefined) {
    const html: string = await open(path);
    seen.push(...[...html.matchAll(/class="mono cut reference-cell"[^>]*>([^<]+)</g)].map(([, tag = '']) => tag));
    assert.doesNotMatch(html, />later</);
    path = /rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 60 }, (_, index) => `t${59 - index}`),
  );
});

test('the table holds what is filtered, each event, safe for spreadsheets', async () => {
  const [, href = ''] = /href="([^"]+)"[^>]*download/.exec(await open('/events?from=2026-03-02&to=2026-03-02')) ?? [];
  const answer = await admin.request(href.replaceAll('&amp;', '&'));
  assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/);
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="events.csv"');
  const lines = (await answer.text()).trimEnd().split('\r\n');
  assert.equal(lines.length, 1 + 37 + 1 + 3);
  assert.match(lines[0] ?? '', /^id,at,/);
  assert.ok(lines.some((line) => line.endsWith(`,"'=cmd|calc"`)));
});

test('a table that does not hold everything says so in its name', async () => {
  const rows = Array.from({ length: 10_001 }, (_, index) => ({ at: 2_000_000_000 + index, repository: 'team/many' }));
  await insertEvents(web.db, rows);
  const answer = await admin.request('/events.csv?repository=team/many');
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="events-latest-10000.csv"');
  assert.equal((await answer.text()).trimEnd().split('\r\n').length, 10_001);
  assert.match(await open('/events?repository=team/many'), />2,000\+ times</);
});

test('the page and its table show the same people the same', async () => {
  for (const path of ['/events?from=2026-03-02', '/events.csv?from=2026-03-02']) {
    const text = await open(path, member);
    assert.match(text, /v1/);
    assert.doesNotMatch(text, /secret/);
    const stranger = await createVisitor(web.url).request(path);
    assert.notEqual(stranger.status, 200);
  }
});
