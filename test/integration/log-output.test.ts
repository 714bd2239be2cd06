/** The running server and what becomes of its log: a disk that is full, a reader that hangs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { eventually } from '../support/process/eventually.ts';
import { freePort } from '../support/process/ports.ts';
import { temporaryFolder } from '../support/process/tmp.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
// More than a pipe takes.
const REQUESTS = 150;

/** @param out where its log goes; `pipe`: nobody reads it. */
async function start(t: TestContext, out: number | 'pipe') {
  const folder = await temporaryFolder('log');
  const port = await freePort();
  const config = {
    server: { host: '127.0.0.1', port },
    data: { path: './data' },
    registry: { url: 'http://127.0.0.1:9' },
  };
  await mkdir(join(folder.path, 'conf'));
  const file = join(folder.path, 'conf', 'config.yml');
  await writeFile(file, stringify({ ...config, log: { level: 'debug' }, data: { path: join(folder.path, 'data') } }));
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
    cwd: PROJECT,
    stdio: ['ignore', out, 'inherit'],
    env: { PATH: process.env['PATH'], REGISTRY_WEB_CONTAINER: '0', CONFIG_PATH: file },
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await folder.remove();
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok);
  return { child, url };
}

/** Each is a line of the log: who asks is long and unknown. */
async function askOften(url: string): Promise<void> {
  const headers = { authorization: `Basic ${btoa(`${'n'.repeat(200)}:x`)}`, 'user-agent': 'a'.repeat(900) };
  for (let asked = 0; asked < REQUESTS; asked += 1) {
    await (
      await fetch(`${url}/api/auth?service=x&scope=repository:${'r'.repeat(200)}:pull`, { headers })
    ).arrayBuffer();
  }
}

for (const [name, open] of [
  ['a full disk', () => openSync('/dev/full', 'w')],
  ['a reader that hangs', () => 'pipe' as const],
] as const) {
  test(`with ${name} at its log it starts, answers and stops`, async (t) => {
    const { child, url } = await start(t, open());
    await askOften(url);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });
}
