/** The API of the real server beside a real registry: what was pushed is read, found, compared, and deleted with a trace. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openDatabase } from '../../server/storage/database.ts';
import { ADMIN_PASSWORD, MEMBER, OUTSIDER, type Person, type RunningApp, startApp } from '../support/app/app.ts';
import { digestOf, type PushedImage, pushImage } from '../support/registry/content.ts';
import {
  type RegistryVersion,
  type RunningRegistry,
  registrySkip,
  startRegistry,
} from '../support/registry/registry.ts';

const VERSIONS: readonly RegistryVersion[] = ['2.8.2', '3.1.1'];
const ADMIN: Person = { username: 'admin', password: ADMIN_PASSWORD, roles: [] };
const REPOSITORY = '/repositories/team/app';

for (const version of VERSIONS) {
  const skip = await registrySkip(version);
  describe(`registry ${version}`, { skip }, () => {
    let registry: RunningRegistry;
    let app: RunningApp;
    let image: PushedImage;
    before(async () => {
      registry = await startRegistry({ version });
      app = await startApp({ config: { registry: { url: registry.url, name: 'registry:5000' } } });
      image = await pushImage(registry.url, 'team/app', 'v1');
      await pushImage(registry.url, 'team/app', 'v2');
    });
    after(async () => {
      await app?.stop();
      await registry?.stop();
    });

    function ask(path: string, { username, password }: Person, method = 'GET'): Promise<Response> {
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      return fetch(`${app.url}/api/v1${path}`, { method, headers: { authorization } });
    }

    async function body<Shape>(path: string, who: Person, method = 'GET'): Promise<Shape> {
      const answer = await ask(path, who, method);
      const text = await answer.text();
      assert.equal(answer.status, 200, `${method} ${path}: ${text}`);
      return JSON.parse(text) as Shape;
    }

    test('reading it again brings it into the index at once', async () => {
      assert.equal((await ask(`${REPOSITORY}/-/refresh`, OUTSIDER, 'POST')).status, 404);
      await body(`${REPOSITORY}/-/refresh`, MEMBER, 'POST');
      const { items } = await body<{ items: { name: string }[] }>(`${REPOSITORY}/-/tags`, MEMBER);
      assert.deepEqual(
        items.map(({ name }) => name),
        ['v2', 'v1'],
      );
      assert.equal((await ask(REPOSITORY, OUTSIDER)).status, 404);
    });

    test('every page of its life can be read', async () => {
      for (const path of [
        REPOSITORY,
        `${REPOSITORY}/-/images`,
        `${REPOSITORY}/-/manifests/${image.digest}`,
        '/search?q=app',
        '/space',
        '/status',
        '/compare?a=team/app:v1&b=team/app:v2',
        '/openapi.json',
      ]) {
        await body(path, MEMBER);
      }
      const raw = await ask(`${REPOSITORY}/-/manifests/${image.digest}/raw`, MEMBER);
      assert.deepEqual(Buffer.from(await raw.arrayBuffer()), image.raw);
    });

    test('what a deletion took comes back', async () => {
      const path = `${REPOSITORY}/-/tags/v2`;
      const { digest } = await body<{ digest: string }>(`${path}/deletion`, ADMIN);
      const { trashId } = await body<{ trashId: number }>(`${path}?digest=${digest}`, ADMIN, 'DELETE');
      assert.equal((await ask(path, ADMIN)).status, 404);
      const undo = `${REPOSITORY}/-/trash/${trashId}/restore`;
      assert.equal((await ask(undo, MEMBER, 'POST')).status, 403);
      const restored = await body<{ tags: string[] }>(undo, ADMIN, 'POST');
      assert.deepEqual(restored.tags, ['v2']);
      assert.equal(await digestOf(registry.url, 'team/app', 'v2'), digest);
    });

    test('deleting takes the tag and nothing else, and the audit says who', async () => {
      const path = `${REPOSITORY}/-/tags/v1`;
      const plan = await body<{ digest: string; lastTag: boolean }>(`${path}/deletion`, MEMBER);
      assert.deepEqual([plan.digest, plan.lastTag], [image.digest, true]);
      assert.equal((await ask(`${path}?digest=${plan.digest}`, MEMBER, 'DELETE')).status, 403);
      assert.equal((await ask(`${path}?digest=sha256:${'0'.repeat(64)}`, ADMIN, 'DELETE')).status, 409);
      const done = await body<{ manifestDeleted: boolean }>(`${path}?digest=${plan.digest}`, ADMIN, 'DELETE');
      assert.equal(done.manifestDeleted, false);
      assert.equal((await ask(path, ADMIN)).status, 404);
      assert.equal(await digestOf(registry.url, 'team/app', 'v1'), undefined);
      assert.equal(await digestOf(registry.url, 'team/app', image.digest), image.digest);
      const opened = await openDatabase({ dataPath: app.dataPath, exclusive: false });
      const rows = await opened.db
        .selectFrom('audit')
        .selectAll()
        .where('action', '=', 'tag.delete')
        .where('object', '=', 'team/app:v1')
        .execute();
      await opened.close();
      assert.deepEqual(
        rows.map(({ actor, object, outcome }) => [actor, object, outcome]),
        [
          ['admin', 'team/app:v1', 'refused'],
          ['admin', 'team/app:v1', 'ok'],
        ],
      );
    });
  });
}
