/** The real server on a small disk of its own that fills up, becomes read-only, or is taken away. */
import assert from 'node:assert/strict';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createStorageHealth } from '../../server/storage/health.ts';
import { ADMIN_PASSWORD, MEMBER, type RunningApp, startApp } from '../support/app/app.ts';
import { createVisitor } from '../support/app/web.ts';
import { eventually } from '../support/process/eventually.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { run } from '../support/process/tools.ts';

const MEGABYTE = 1024 * 1024;
const canMount = await run('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).then(
  () => process.getuid?.() === 0,
  () => false,
);
const skip = !canMount && 'needs to mount a tmpfs';

async function startOnSmallDisk(t: TestContext): Promise<RunningApp> {
  let data = '';
  const app = await startApp({
    config: { registry: { url: 'http://127.0.0.1:9', name: 'registry:5000' } },
    prepare: async (confPath) => {
      data = join(dirname(confPath), 'data');
      await mkdir(data, { mode: 0o700 });
      await run('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'registry-web-test', data]);
      t.after(() => run('umount', ['-l', data]));
    },
  });
  t.after(() => app.stop());
  return app;
}

const readiness = async (app: RunningApp) => {
  const response = await fetch(`${app.url}/readyz`);
  return `${response.status} ${await response.text()}`;
};

const event = (app: RunningApp) =>
  fetch(`${app.url}/api/notification`, { method: 'POST', body: JSON.stringify({ events: [] }) });

async function fillDisk(app: RunningApp): Promise<string> {
  const path = join(app.dataPath, 'filler');
  for (let size = 24 * MEGABYTE; size >= 4096; size = Math.floor(size / 2)) {
    await writeFile(path, Buffer.alloc(size), { flag: 'a' }).catch(() => undefined);
  }
  return path;
}

describe('a data folder', { skip }, () => {
  test('that is full: every way in says so, and all goes on when there is space', async (t) => {
    const app = await startOnSmallDisk(t);
    const admin = createVisitor(app.url);
    await admin.signIn('admin', ADMIN_PASSWORD);
    assert.equal(await readiness(app), '200 ready\n');
    const filler = await fillDisk(app);

    assert.match(await readiness(app), /^503 .*disk of the data folder is full/);
    // The log has room for a few small writes before the first of them fails.
    await eventually('an event is refused', async () => (await event(app)).status, {
      until: (status) => status === 503,
    });
    assert.match(await (await event(app)).text(), /disk of the data folder is full/);
    const signIn = await createVisitor(app.url)
      .signIn(MEMBER.username, MEMBER.password)
      .catch((error) => error);
    assert.equal(signIn.status, 503);
    assert.match(await signIn.text(), /disk of the data folder is full.*free disk space/);
    const status = await admin.request('/status');
    assert.equal(status.status, 200);
    const html = await status.text();
    assert.match(html, /role="alert"[\s\S]*disk of the data folder is full/);
    assert.doesNotMatch(html, /Everything works/);
    const api = await (await admin.request('/api/v1/status')).text();
    assert.match(api, /"trouble":"full"/);

    await rm(filler);
    await eventually('ready again', () => readiness(app), { until: (text) => text === '200 ready\n' });
    assert.equal((await event(app)).status, 204);
    assert.doesNotMatch(app.logs(), /cannot rollback/);
  });

  test('that is read-only', async (t) => {
    const folder = await temporaryFolder('read-only');
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'registry-web-test', folder.path]);
    t.after(async () => {
      await run('umount', ['-l', folder.path]);
      await folder.remove();
    });
    const file = join(folder.path, 'registry-web.db');
    await writeFile(file, '');
    const health = createStorageHealth(file);
    assert.equal(health.trouble(), undefined);
    await run('mount', ['-o', 'remount,ro', folder.path]);
    assert.equal(health.checkNow(), 'readonly');
    await run('mount', ['-o', 'remount,rw', folder.path]);
    assert.equal(health.isBlocked(), false);
  });
});

test('a data folder that is taken away: events are refused, and the process ends with a sentence', async (t) => {
  const app = await startApp({ config: { registry: { url: 'http://127.0.0.1:9', name: 'registry:5000' } } });
  t.after(() => app.stop());
  await rename(app.dataPath, `${app.dataPath}-moved`);
  assert.equal((await event(app)).status, 503);
  assert.match(await readiness(app), /^503 .*removed from the data folder or replaced/);
  await eventually('the process ends', app.exitCode, { until: (code) => code !== null });
  assert.equal(app.exitCode(), 74);
  assert.match(app.logs(), /Registry Web stops: \S+registry-web\.db was removed or replaced\. Put it back/);
});
