import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MEMBER, type RunningApp, startApp } from '../support/app/app.ts';
import { browserOf, pageText } from '../support/app/walk.ts';
import { eventually } from '../support/process/eventually.ts';

const SECRET = 'a-secret-of-the-notifications';

describe('notifications that were set aside', () => {
  let app: RunningApp;
  const headers = { Authorization: SECRET };
  before(async () => {
    app = await startApp({ config: { notifications: { secret: SECRET } } });
    for (const body of ['', 'nonsense <b>one</b>', '{"events":[7]}']) {
      const answer = await fetch(`${app.url}/api/notification`, { method: 'POST', headers, body });
      assert.equal(answer.status, 204);
    }
  });
  after(() => app.stop());

  test('are read and dismissed by an admin', async () => {
    const admin = await browserOf(app.url, { username: 'admin', password: app.adminPassword });
    await eventually('both are there', () => pageText(admin, '/events/aside'), {
      until: (html) => html.includes('an event that is no object') && html.includes('nonsense &lt;b&gt;one'),
    });
    const [, action = ''] = /action="([^"]*\/dismiss)"/.exec(await pageText(admin, '/events/aside')) ?? [];
    assert.equal((await admin.post(action, {})).status, 303);
    const html = await pageText(admin, '/events/aside');
    assert.match(html, /Notification dismissed/);
    assert.doesNotMatch(html, /an event that is no object/);
    assert.match(await pageText(admin, '/audit'), /notification dismissed/);
  });

  test('are shown to nobody else', async () => {
    const member = await browserOf(app.url, MEMBER);
    assert.equal((await member.request('/events/aside')).status, 403);
    assert.doesNotMatch(await pageText(member, '/events'), /events\/aside/);
  });
});
