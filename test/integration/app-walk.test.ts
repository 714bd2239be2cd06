/** From an empty folder to a deleted tag, with a registry that the server starts itself, as a person after `npm start`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RunningApp, startManaged, startStack } from '../support/app/app.ts';
import {
  assertFailed,
  assertWorked,
  browserOf,
  type ClientUser,
  createClients,
  deleteByPage,
  pageText,
} from '../support/app/walk.ts';
import { createVisitor, type Visitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/process/tmp.ts';
import { requireTools } from '../support/process/tools.ts';
import { pushImage } from '../support/registry/content.ts';
import { type RegistryVersion, startRegistry } from '../support/registry/registry.ts';

const ADMIN = { username: 'admin', password: 'my-own-long-password' };
const LIN = { username: 'lin', password: 'the-password-of-lin' };
const VERSIONS: readonly RegistryVersion[] = ['2.8.2', '3.1.1'];

for (const version of VERSIONS) {
  const { skip } = await requireTools(`registry-${version}`, 'skopeo');
  describe(`with a registry ${version} of our own`, { skip }, () => {
    let folder: TemporaryFolder;
    let app: RunningApp;
    let host: string;
    let lin: ClientUser;
    let admin: Visitor;

    before(async () => {
      folder = await temporaryFolder('walk');
      ({ app, host } = await startManaged({ version, isFresh: true }));
      lin = await (await createClients(host, folder.path))(LIN);
    });
    after(async () => {
      await app?.stop();
      await folder?.remove();
    });

    function askToken(person: { username: string; password: string }): Promise<Response> {
      const basic = Buffer.from(`${person.username}:${person.password}`).toString('base64');
      const query = new URLSearchParams({ service: host, scope: 'repository:team/app:pull,push' });
      return fetch(`${app.url}/api/auth?${query}`, { headers: { Authorization: `Basic ${basic}` } });
    }

    test('admin / admin gets no token but a message that says where to go', async () => {
      const answer = await askToken({ username: 'admin', password: 'admin' });
      assert.equal(answer.status, 401);
      const { details } = (await answer.json()) as { details: string };
      assert.match(details, new RegExp(`password.*${app.url}`));
      assert.match(details, /密码/);
    });

    test('the setup page opens the rest', async () => {
      const visitor = createVisitor(app.url);
      assert.equal((await visitor.signIn('admin', 'admin')).headers.get('location'), '/setup-password');
      for (const path of ['/', '/users', '/repositories', '/status']) {
        assert.equal((await visitor.request(path)).headers.get('location'), '/setup-password', path);
      }
      const fields = { password: ADMIN.password, repeated: ADMIN.password };
      assert.equal((await visitor.post('/setup-password', fields)).headers.get('location'), '/');
      admin = await browserOf(app.url, ADMIN);
      assert.equal((await askToken(ADMIN)).status, 200);
    });

    test('a user made on the page pushes, and the page shows it within a second or so', async (context) => {
      const form = await pageText(admin, '/users/-/new');
      const roleId = /name="role_id" value="(\d+)"(?:(?!name="role_id").)*write-all/s.exec(form)?.[1] ?? '';
      const made = await admin.post('/users', { ...LIN, role_id: roleId });
      assert.ok(made.status < 400, await made.text());
      assertWorked(await lin.login());
      assertWorked(await lin.push('team/app'));
      const pushedAt = performance.now();
      await eventually('the push is on the page', () => pageText(admin, '/repositories/team/app'), {
        until: (html) => html.includes('>v1</a>') && html.includes('lin'),
      });
      const waited = performance.now() - pushedAt;
      context.diagnostic(`on the page ${Math.round(waited)} ms after the client was done`);
      assert.ok(waited < 3000, `${waited} ms`);
      assert.match(await pageText(admin, '/events'), /lin/);
      assertWorked(await lin.pull('team/app'));
    });

    test('the tag goes and comes back on the page', async () => {
      const undo = await deleteByPage(admin, 'team/app:v1');
      assertFailed(await lin.pull('team/app'), /unknown|not found/i);
      assert.equal((await admin.post(undo, {})).status, 303);
      assertWorked(await lin.pull('team/app'));
    });

    test('the status page finds nothing wrong', async () => {
      const html = await pageText(admin, '/status');
      const states = [...html.matchAll(/status-check-state"><span class="chip chip-(\w+)"/g)].map(([, tone]) => tone);
      assert.ok(states.length >= 9, html);
      assert.deepEqual([...new Set(states)], ['accent']);
    });

    test('a disabled user is out at once, with every token and page', async () => {
      const visitor = await browserOf(app.url, LIN);
      assert.equal((await visitor.request('/account')).status, 200);
      assert.equal((await askToken(LIN)).status, 200);
      assert.equal((await admin.post('/users/lin/enabled', { enabled: 'no' })).status, 303);
      assert.equal((await askToken(LIN)).status, 401);
      assert.match((await visitor.request('/account')).headers.get('location') ?? '', /^\/login/);
      assertFailed(await lin.push('team/app'), /unauthorized|denied|401|invalid username/i);
    });

    test('a restart keeps everything', async () => {
      await app.halt();
      await app.resume();
      const visitor = await browserOf(app.url, ADMIN);
      assert.match(await pageText(visitor, '/repositories/team/app'), />v1<\/a>/);
      assert.equal((await askToken(LIN)).status, 401);
      assert.equal((await askToken(ADMIN)).status, 200);
    });
  });
}

const { skip } = await requireTools('registry-3.1.1');
test('without the registry every page still opens and says of when it is', { skip }, async () => {
  const stack = await startStack({});
  try {
    const storage = await startRegistry({ storage: stack.registry.storage });
    const { digest } = await pushImage(storage.url, 'team/app', 'v1');
    await storage.stop();
    await stack.app.halt();
    await stack.app.resume();
    const visitor = await browserOf(stack.app.url, { username: 'admin', password: stack.app.adminPassword });
    await eventually('the crawl found it', () => pageText(visitor, '/repositories/team/app'), {
      until: (html) => html.includes('>v1</a>'),
    });
    await pageText(visitor, '/repositories/team/app:v1');
    await stack.registry.stop();
    await eventually('the page says that the registry is gone', () => pageText(visitor, '/repositories'), {
      until: (html) => html.includes('does not answer'),
    });
    const paths = ['/', '/repositories', '/repositories/team/app', '/repositories/team/app:v1', '/events', '/status'];
    for (const path of [...paths, `/repositories/team/app@${digest}`, '/repositories/team/app:v1/-/delete']) {
      await pageText(visitor, path);
    }
    const form = { digest, manifest: 'yes' };
    const refused = await visitor.post('/repositories/team/app:v1/-/delete', form);
    assert.ok(refused.status >= 400 && refused.status !== 500, String(refused.status));
    assert.match(await refused.text(), /No answer at/);
    assert.match(await pageText(visitor, '/repositories/team/app'), />v1<\/a>/);
    assert.doesNotMatch(stack.app.logs(), /"level":60/);
  } finally {
    await stack.stop();
  }
});
