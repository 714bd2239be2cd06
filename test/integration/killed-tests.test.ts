/** Tests and benches that are killed leave no process behind, whatever they had started. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { supportsParentDeathSignal } from '../../server/registry/managed/managed-child.ts';
import { eventually } from '../support/process/eventually.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { requireTools } from '../support/process/tools.ts';

const skip = supportsParentDeathSignal() ? false : 'setpriv cannot tie processes on this machine';
const postgresSkip = skip || (await requireTools('postgres')).skip;
const source = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Runs a script that starts a process and writes its number, and kills the script. */
async function assertEndsWithParent(script: string): Promise<void> {
  const folder = await temporaryFolder('killed');
  // The database server is another user.
  await chmod(folder.path, 0o755);
  const file = join(folder.path, 'parent.mjs');
  await writeFile(file, script);
  const parent = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
    env: { ...process.env, TMPDIR: folder.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let pid = 0;
  try {
    const ended = once(parent, 'exit').then(() => assert.fail('the script ended'));
    const [output] = (await Promise.race([once(parent.stdout, 'data'), ended])) as [Buffer];
    ended.catch(() => undefined);
    pid = Number(output.toString());
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    await eventually('it is gone', async () => !isAlive(pid));
  } finally {
    parent.kill('SIGKILL');
    if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
    await folder.remove();
  }
}

test('a program that a test started ends with it', { skip }, () =>
  assertEndsWithParent(
    `import { startProcess } from ${source('test/support/process/process.ts')};
     console.log(startProcess('sleep', ['60']).child.pid);`,
  ),
);

test('the PostgreSQL of a test, which runs as another user, ends with it', { skip: postgresSkip }, () =>
  assertEndsWithParent(
    `import { readdirSync, readFileSync } from 'node:fs';
     import { tmpdir } from 'node:os';
     import { join } from 'node:path';
     import { startPostgres } from ${source('test/support/data/postgres.ts')};
     await startPostgres();
     const [folder] = readdirSync(tmpdir()).filter((name) => name.startsWith('registry-web-postgres-'));
     console.log(readFileSync(join(tmpdir(), folder, 'data', 'postmaster.pid'), 'utf8').split('\\n')[0]);`,
  ),
);

test('what npm run bench and npm test started ends with them', { skip }, () =>
  assertEndsWithParent(
    `import { runTied } from ${source('scripts/lib/run.mjs')};
     runTied(process.execPath, ['-e', 'console.log(process.pid); setTimeout(() => undefined, 60000)']);`,
  ),
);
