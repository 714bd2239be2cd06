/** The same thing, asked for by page, API and command: the same entry in the audit. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { main } from '../../server/admin.ts';
import { type AuditEntry, createAudit } from '../../server/audit/audit.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { ADMIN_PASSWORD, type Person, type RunningApp, startApp } from '../support/app/app.ts';
import { browserOf } from '../support/app/walk.ts';
import { eventually } from '../support/process/eventually.ts';
import { pushImage } from '../support/registry/content.ts';
import { type RunningRegistry, registrySkip, startRegistry } from '../support/registry/registry.ts';

const SECRET = 'a-secret-of-the-notifications';
const DOORS = ['page', 'api'] as const;
type Door = (typeof DOORS)[number];
const person = (username: string): Person => ({ username, password: `${username}-password-1`, roles: [] });
const PEOPLE = [person('by-page'), person('by-command'), person('off-by-page'), person('off-by-command')];

describe('page, API and command', { skip: await registrySkip('3.1.1') }, () => {
  let registry: RunningRegistry;
  let app: RunningApp;
  let admin: Awaited<ReturnType<typeof browserOf>>;
  /** Of each repository: its tag, and what lost its tag. */
  const pushed = new Map<string, { readonly tagged: string; readonly untagged: string }>();

  before(async () => {
    registry = await startRegistry({ version: '3.1.1' });
    for (const door of DOORS) {
      const untagged = await pushImage(registry.url, door, 'v1', 'before');
      const tagged = await pushImage(registry.url, door, 'v1', 'after');
      pushed.set(door, { tagged: tagged.digest, untagged: untagged.digest });
    }
    const config = { registry: { url: registry.url }, notifications: { secret: SECRET } };
    app = await startApp({ config, people: PEOPLE });
    admin = await browserOf(app.url, { username: 'admin', password: ADMIN_PASSWORD });
    await eventually(
      'both are in the index',
      async () => {
        const answers = await Promise.all(DOORS.map((door) => api('GET', `/repositories/${door}`)));
        return answers.map(({ status }) => status);
      },
      { until: (statuses) => statuses.every((status) => status === 200) },
    );
    for (const _ of DOORS) {
      const headers = { Authorization: SECRET };
      await fetch(`${app.url}/api/notification`, { method: 'POST', headers, body: 'nonsense' });
    }
    await eventually('unreadable notifications are set aside', asideIds, {
      until: (ids) => ids.length === DOORS.length,
    });
  });
  after(async () => {
    await app?.stop();
    await registry?.stop();
  });

  async function api(method: string, path: string, body?: object): Promise<Response> {
    const authorization = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return fetch(`${app.url}/api/v1${path}`, { method, headers, ...sent });
  }

  async function byApi(method: string, path: string, body?: object): Promise<void> {
    const answer = await api(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}: ${await answer.text()}`);
  }

  async function byPage(path: string, fields: Record<string, string>): Promise<void> {
    const answer = await admin.post(path, fields);
    assert.ok([200, 303].includes(answer.status), `${path}: ${answer.status} ${await answer.text()}`);
  }

  async function byCommand(...argv: readonly string[]): Promise<void> {
    const complaints: string[] = [];
    const env = { CONFIG_PATH: join(app.confPath, 'config.yml') };
    const code = await main(argv, { env, print: () => undefined, complain: (text) => void complaints.push(text) });
    assert.equal(code, 0, complaints.join(''));
  }

  async function withAudit<Result>(use: (audit: ReturnType<typeof createAudit>) => Promise<Result>): Promise<Result> {
    const { db, close } = await openDatabase({ dataPath: app.dataPath, exclusive: false });
    try {
      return await use(createAudit(db));
    } finally {
      await close();
    }
  }

  /** What the act leaves in the audit, oldest first, apart from who did it. */
  async function leftBy(
    act: () => Promise<void>,
  ): Promise<readonly Omit<AuditEntry, 'id' | 'at' | 'actor' | 'address'>[]> {
    const list = () => withAudit(async (audit) => (await audit.list({ limit: 200 })).entries);
    const known = new Set((await list()).map(({ id }) => id));
    await act();
    const entries = (await list()).filter(({ id }) => !known.has(id)).reverse();
    return entries.map(({ action, object, outcome, detail }) => ({ action, object, outcome, detail }));
  }

  /** The names differ, so that each is done to something of its own. */
  const nameless = (entries: unknown, ...names: readonly string[]) =>
    names.reduce((text, name) => text.replaceAll(name, 'SAME'), JSON.stringify(entries));

  const trashIds = async (door: Door): Promise<readonly number[]> => {
    const answer = await api('GET', `/trash?repository=${door}`);
    return ((await answer.json()) as { items: { id: number }[] }).items.map(({ id }) => id);
  };
  const asideIds = async (): Promise<readonly number[]> => {
    const answer = await api('GET', '/events/aside');
    return ((await answer.json()) as { items: { id: number }[] }).items.map(({ id }) => id);
  };
  const digestsOf = (door: Door) => pushed.get(door) ?? assert.fail(door);

  const acts: readonly (readonly [string, readonly string[], Record<Door, () => Promise<void>>])[] = [
    [
      'a description is edited',
      ['description.edit'],
      {
        page: () => byPage('/repositories/page/-/about/edit', { text: 'words', version: '0', do: 'save' }),
        api: () => byApi('PUT', '/repositories/api/-/description', { text: 'words', version: 0 }),
      },
    ],
    [
      'a manifest without a tag is deleted',
      ['manifest.delete'],
      {
        page: () => byPage('/repositories/page/-/deletion', { manifest: digestsOf('page').untagged }),
        api: () => byApi('POST', '/repositories/api/-/deletion', { manifests: [digestsOf('api').untagged] }),
      },
    ],
    [
      'it is restored',
      ['manifest.restore'],
      {
        page: async () => byPage(`/trash/${(await trashIds('page'))[0]}/restore`, {}),
        api: async () => byApi('POST', '/trash/restore', { ids: await trashIds('api') }),
      },
    ],
    [
      'a tag is deleted, and its manifest',
      ['tag.delete'],
      {
        page: () => byPage('/repositories/page:v1/-/delete', { digest: digestsOf('page').tagged, manifest: 'yes' }),
        api: () => byApi('DELETE', `/repositories/api/-/tags/v1?digest=${digestsOf('api').tagged}&manifest=true`),
      },
    ],
    [
      'a notification is dismissed',
      ['event.dismiss'],
      {
        page: async () => byPage(`/events/aside/${(await asideIds())[0]}/dismiss`, {}),
        api: async () => byApi('DELETE', `/events/aside/${(await asideIds())[0]}`),
      },
    ],
  ];

  for (const [what, actions, { page, api: apiDoor }] of acts) {
    test(`when ${what}, page and API leave the same`, async () => {
      const ids = (await asideIds()).map((id) => `"${id}"`);
      const [left, right] = [await leftBy(page), await leftBy(apiDoor)];
      assert.deepEqual(
        left.map(({ action }) => action),
        actions,
      );
      assert.equal(nameless(left, 'page', ...ids), nameless(right, 'api', ...ids));
    });
  }

  test('when a password is reset, page and command leave the same', async () => {
    const page = await leftBy(() => byPage('/users/by-page/reset-password', {}));
    const command = await leftBy(() => byCommand('reset-password', 'by-command'));
    assert.deepEqual(
      page.map(({ action }) => action),
      ['password.reset'],
    );
    assert.equal(nameless(page, 'by-page'), nameless(command, 'by-command'));
  });

  test('when an account is enabled, page and command leave the same', async () => {
    for (const { username } of PEOPLE.slice(2)) await byPage(`/users/${username}/enabled`, { enabled: 'no' });
    const page = await leftBy(async () => {
      await byPage('/users/off-by-page/reset-password', {});
      await byPage('/users/off-by-page/enabled', { enabled: 'yes' });
    });
    const command = await leftBy(() => byCommand('reset-password', 'off-by-command'));
    assert.deepEqual(
      page.map(({ action }) => action),
      ['password.reset', 'user.enable'],
    );
    assert.equal(nameless(page, 'off-by-page'), nameless(command, 'off-by-command'));
  });
});
